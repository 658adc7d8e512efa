"""Cohere's own client, of both versions of its interface."""

import asyncio

import cohere
import pytest
from cohere.errors import BadRequestError, NotFoundError, UnauthorizedError

MODEL = "rerank-v4.0-pro"  # what people have in their code; the server's model answers


@pytest.fixture
def client(asked):
    return cohere.ClientV2(api_key=asked.key, base_url=asked.url, max_retries=0)


def test_v2_ranks_all_documents(client, asked):
    reply = client.rerank(model=MODEL, query=asked.query, documents=asked.documents)
    asked.check((found.index, found.relevance_score) for found in reply.results)
    assert reply.id
    assert reply.meta.api_version.version == "2"
    assert reply.meta.billed_units.search_units == 1
    assert reply.meta.tokens.input_tokens > 0


def test_v2_keeps_the_best_top_n(client, asked):
    reply = client.rerank(
        model=MODEL, query=asked.query, documents=asked.documents, top_n=2, max_tokens_per_doc=512
    )
    asked.check([(found.index, found.relevance_score) for found in reply.results], kept=2)


def test_v2_echoes_documents_which_maxkb_reads(client, asked):
    reply = client.rerank(model=MODEL, query=asked.query, documents=asked.documents)
    asked.check_texts((one.document["text"], one.relevance_score) for one in reply.results)


def test_v2_ranks_asynchronously(asked):
    async def ask():
        client = cohere.AsyncClientV2(api_key=asked.key, base_url=asked.url)
        return await client.rerank(model=MODEL, query=asked.query, documents=asked.documents)

    asked.check((found.index, found.relevance_score) for found in asyncio.run(ask()).results)


def test_v1_returns_documents_on_request(asked):
    client = cohere.Client(api_key=asked.key, base_url=asked.url)
    reply = client.rerank(
        model=MODEL,
        query=asked.query,
        documents=asked.documents,
        top_n=3,
        return_documents=True,
        max_chunks_per_doc=10,
    )
    asked.check_texts(((one.document.text, one.relevance_score) for one in reply.results), kept=3)


def test_v1_reads_the_named_fields_of_documents(asked):
    client = cohere.Client(api_key=asked.key, base_url=asked.url)
    documents = [{"title": "Untitled", "body": text} for text in asked.documents]
    reply = client.rerank(model=MODEL, query=asked.query, documents=documents, rank_fields=["body"])
    asked.check((found.index, found.relevance_score) for found in reply.results)


def test_v1_ranks_asynchronously(asked):
    async def ask():
        client = cohere.AsyncClient(api_key=asked.key, base_url=asked.url)
        return await client.rerank(query=asked.query, documents=asked.documents)

    asked.check((found.index, found.relevance_score) for found in asyncio.run(ask()).results)


def test_a_wrong_key_is_unauthorized(asked):
    client = cohere.ClientV2(api_key="wrong", base_url=asked.url)
    with pytest.raises(UnauthorizedError) as caught:
        client.rerank(model=MODEL, query=asked.query, documents=asked.documents)
    assert "key" in caught.value.body["message"]
    assert caught.value.body["id"]


def test_no_documents_are_a_bad_request(client, asked):
    with pytest.raises(BadRequestError) as caught:
        client.rerank(model=MODEL, query=asked.query, documents=[])
    assert "documents" in caught.value.body["message"]


def test_an_unknown_model_is_not_found_where_models_are_strict(asked):
    client = cohere.ClientV2(api_key="none needed", base_url=asked.open_url)
    with pytest.raises(NotFoundError) as caught:
        client.rerank(model=MODEL, query=asked.query, documents=asked.documents)
    assert asked.model in caught.value.body["message"]
