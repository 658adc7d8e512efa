"""Milvus' reranking functions for Text Embeddings Inference and Jina."""

import pytest
from pymilvus.model.reranker import JinaRerankFunction, TEIRerankFunction, jinaai


def check(asked, found, *, kept=5):
    asked.check([(one.index, one.score) for one in found], kept=kept)
    asked.check_texts([(one.text, one.score) for one in found], kept=kept)


@pytest.fixture
def jina(asked, monkeypatch):
    # Its only way to another address.
    monkeypatch.setattr(jinaai, "API_URL", f"{asked.url}/v1/rerank")
    return JinaRerankFunction(api_key=asked.key)


def test_texts_are_ranked_as_tei_does(asked):
    check(asked, TEIRerankFunction(asked.open_url)(asked.query, asked.documents))


def test_no_texts_are_told_as_tei_does(asked):
    with pytest.raises(RuntimeError, match="texts"):
        TEIRerankFunction(asked.open_url)(asked.query, [])


def test_a_missing_key_is_told(asked):
    with pytest.raises(RuntimeError, match="key"):
        TEIRerankFunction(asked.url)(asked.query, asked.documents)


def test_documents_are_ranked_as_jina_does(asked, jina):
    """It reads the documents, and never asks for them."""
    check(asked, jina(asked.query, asked.documents, top_k=3), kept=3)


def test_no_documents_are_told_as_jina_does(asked, jina):
    with pytest.raises(RuntimeError, match="documents"):
        jina(asked.query, [])
