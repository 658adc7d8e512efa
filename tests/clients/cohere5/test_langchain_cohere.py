"""LangChain's document compressor for Cohere, with release 5 of Cohere's client."""

import asyncio

import pytest
from cohere.errors import NotFoundError, UnauthorizedError
from langchain_cohere import CohereRerank
from langchain_core.documents import Document


def compressor(asked, **changed):
    given = {"base_url": asked.url, "cohere_api_key": asked.key, "model": "rerank-v3.5"}
    return CohereRerank(**{**given, **changed})


def documents(asked):
    return [Document(text, metadata={"page": page}) for page, text in enumerate(asked.documents)]


def check(asked, found):
    asked.check([(one.metadata["page"], one.metadata["relevance_score"]) for one in found], kept=3)


def test_documents_are_compressed_to_the_best(asked):
    check(asked, compressor(asked).compress_documents(documents(asked), asked.query))


def test_documents_are_compressed_asynchronously(asked):
    check(asked, asyncio.run(compressor(asked).acompress_documents(documents(asked), asked.query)))


def test_all_documents_are_ranked_without_top_n(asked):
    found = compressor(asked).rerank(asked.documents, asked.query, top_n=None)
    asked.check((one["index"], one["relevance_score"]) for one in found)


def test_named_fields_are_read(asked):
    """They are sent as YAML, in which PyYAML turns Chinese into numbers."""
    records = [{"id": page, "text": text} for page, text in enumerate(asked.documents)]
    found = compressor(asked).rerank(records, asked.query, rank_fields=["text"], top_n=None)
    assert found[0]["index"] == 4
    assert sorted(one["index"] for one in found) == [0, 1, 2, 3, 4]


def test_a_wrong_key_is_unauthorized(asked):
    with pytest.raises(UnauthorizedError):
        compressor(asked, cohere_api_key="wrong").rerank(asked.documents, asked.query)


def test_an_unknown_model_is_not_found_where_models_are_strict(asked):
    with pytest.raises(NotFoundError):
        compressor(asked, base_url=asked.open_url).rerank(asked.documents, asked.query)
