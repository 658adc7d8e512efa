"""LightRAG's functions for Jina, Cohere and Aliyun."""

import asyncio

import pytest
from aiohttp import ClientResponseError
from lightrag.rerank import ali_rerank, cohere_rerank, jina_rerank
from tenacity import RetryError

BINDINGS = pytest.mark.parametrize(
    ("rerank", "path"),
    [
        (jina_rerank, "/v1/rerank"),
        (cohere_rerank, "/v2/rerank"),
        (ali_rerank, "/api/v1/services/rerank/text-rerank/text-rerank"),
    ],
)


def call(asked, rerank, path, **options):
    given = {"base_url": asked.url + path, "api_key": asked.key, **options}
    return asyncio.run(rerank(asked.query, asked.documents, **given))


@BINDINGS
def test_documents_are_ranked(asked, rerank, path):
    found = call(asked, rerank, path)
    asked.check((one["index"], one["relevance_score"]) for one in found)


@BINDINGS
def test_the_best_are_kept(asked, rerank, path):
    found = call(asked, rerank, path, top_n=2)
    asked.check([(one["index"], one["relevance_score"]) for one in found], kept=2)


def test_pieces_of_documents_are_ranked(asked):
    """LightRAG cuts long documents itself, and takes the best piece of each."""
    found = call(asked, cohere_rerank, "/v2/rerank", enable_chunking=True, max_tokens_per_doc=480)
    asked.check((one["index"], one["relevance_score"]) for one in found)


def test_a_wrong_key_is_unauthorized(asked):
    with pytest.raises(RetryError) as caught:  # it tries three times, whatever the status
        call(asked, jina_rerank, "/v1/rerank", api_key="wrong")
    error = caught.value.last_attempt.exception()
    assert isinstance(error, ClientResponseError)
    assert error.status == 401
    assert "key" in error.message
