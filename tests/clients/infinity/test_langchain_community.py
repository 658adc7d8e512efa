"""LangChain's document compressors for Infinity and Jina."""

import pytest
from infinity_client import Client
from infinity_client.errors import UnexpectedStatus
from langchain_community.document_compressors import InfinityRerank, JinaRerank, jina_rerank
from langchain_core.documents import Document


def compressor(asked, *, path="", key=None, **options):
    headers = {"Authorization": f"Bearer {key or asked.key}"}
    client = Client(base_url=asked.url + path, headers=headers, raise_on_unexpected_status=True)
    return InfinityRerank(client=client, **options)


@pytest.fixture
def documents(asked):
    return [Document(text, metadata={"page": page}) for page, text in enumerate(asked.documents)]


# Without a model, it sends null for one.
@pytest.mark.parametrize("options", [{}, {"model": "BAAI/bge-reranker-base"}])
@pytest.mark.parametrize("path", ["", "/infinity"])
def test_documents_are_compressed_to_the_best(asked, documents, path, options):
    found = compressor(asked, path=path, **options).compress_documents(documents, asked.query)
    asked.check([(one.metadata["page"], one.metadata["relevance_score"]) for one in found], kept=3)


def test_a_wrong_key_is_unauthorized(asked, documents):
    with pytest.raises(UnexpectedStatus, match="401"):
        compressor(asked, key="wrong").compress_documents(documents, asked.query)


@pytest.fixture
def jina(asked, monkeypatch):
    # Its only way to another address.
    monkeypatch.setattr(jina_rerank, "JINA_API_URL", f"{asked.url}/v1/rerank")
    return lambda key: JinaRerank(jina_api_key=key)


def test_documents_are_compressed_as_jina_does(asked, documents, jina):
    found = jina(asked.key).compress_documents(documents, asked.query)
    asked.check([(one.metadata["page"], one.metadata["relevance_score"]) for one in found], kept=3)


def test_a_wrong_key_is_told_as_jina_does(asked, documents, jina):
    with pytest.raises(RuntimeError, match="key"):
        jina("wrong").compress_documents(documents, asked.query)
