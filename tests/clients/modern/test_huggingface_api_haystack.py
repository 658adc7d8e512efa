"""Haystack's ranker for Text Embeddings Inference."""

import asyncio

import pytest
from haystack import Document
from haystack.utils import Secret
from haystack_integrations.components.rankers.huggingface_api import HuggingFaceTEIRanker


def ranker(asked, key=None, **options):
    return HuggingFaceTEIRanker(url=asked.url, token=Secret.from_token(key or asked.key), **options)


@pytest.fixture
def documents(asked):
    return [Document(content=text) for text in asked.documents]


def test_documents_are_ranked(asked, documents):
    found = ranker(asked, top_k=3).run(asked.query, documents)["documents"]
    asked.check_texts(((one.content, one.score) for one in found), kept=3)


def test_raw_scores_are_logits(asked, documents):
    found = ranker(asked, raw_scores=True).run(asked.query, documents)["documents"]
    asked.check([(asked.documents.index(one.content), one.score) for one in found], is_raw=True)


def test_documents_are_ranked_asynchronously(asked, documents):
    found = asyncio.run(ranker(asked).run_async(asked.query, documents))["documents"]
    asked.check_texts((one.content, one.score) for one in found)


def test_a_wrong_key_is_told(asked, documents):
    with pytest.raises(RuntimeError, match="401"):
        ranker(asked, "wrong").run(asked.query, documents)


def test_an_error_is_told_with_its_type(asked):
    documents = [Document(content=None, meta={"only": "metadata"})]
    with pytest.raises(RuntimeError, match="Validation"):
        ranker(asked).run(asked.query, documents)
