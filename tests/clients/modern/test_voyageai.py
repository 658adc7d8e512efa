"""Voyage's client, on its own path and on the one that it shares with others."""

import asyncio

import pytest
import voyageai

MODEL = "rerank-2.5"
PATHS = pytest.mark.parametrize("path", ["/v1", "/voyage/v1"])


def client(asked, path="/v1"):
    return voyageai.Client(api_key=asked.key, base_url=asked.url + path)


@PATHS
def test_documents_are_ranked(asked, path):
    reply = client(asked, path).rerank(asked.query, asked.documents, model=MODEL)
    asked.check((found.index, found.relevance_score) for found in reply.results)
    assert reply.total_tokens > 0


@PATHS
def test_the_best_top_k_are_kept(asked, path):
    reply = client(asked, path).rerank(asked.query, asked.documents, model=MODEL, top_k=2)
    asked.check_texts([(one.document, one.relevance_score) for one in reply.results], kept=2)


def test_documents_are_ranked_asynchronously(asked):
    async def ask():
        several = voyageai.AsyncClient(api_key=asked.key, base_url=f"{asked.url}/v1")
        return await several.rerank(asked.query, asked.documents, model=MODEL)

    asked.check((found.index, found.relevance_score) for found in asyncio.run(ask()).results)


def test_nothing_of_a_long_document_has_to_be_cut(asked):
    """The answer stands after some 5000 words, and the client forbids truncation."""
    documents = ["The train leaves at noon. " * 1000 + asked.documents[4], asked.documents[0]]
    reply = client(asked).rerank(asked.query, documents, model=MODEL, truncation=False)
    assert reply.results[0].index == 0
    assert reply.results[0].relevance_score > 0.5


@PATHS
def test_a_wrong_key_is_an_authentication_error(asked, path):
    stranger = voyageai.Client(api_key="wrong", base_url=asked.url + path)
    with pytest.raises(voyageai.error.AuthenticationError, match="key"):
        stranger.rerank(asked.query, asked.documents, model=MODEL)


@PATHS
def test_no_documents_are_an_invalid_request(asked, path):
    with pytest.raises(voyageai.error.InvalidRequestError, match="documents"):
        client(asked, path).rerank(asked.query, [], model=MODEL)


@PATHS
def test_an_unknown_model_is_an_error_where_models_are_strict(asked, path):
    strict = voyageai.Client(api_key="none needed", base_url=asked.open_url + path)
    with pytest.raises(voyageai.error.APIError, match=asked.model) as caught:
        strict.rerank(asked.query, asked.documents, model=MODEL)
    assert caught.value.http_status == 404
