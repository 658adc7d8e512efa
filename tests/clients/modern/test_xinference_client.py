"""Xinference's client, which asks whether a key is needed and what the model is, then reranks."""

import asyncio

import pytest
from xinference_client import RESTfulClient
from xinference_client.client.restful.async_restful_client import AsyncClient


def check(asked, reply, *, kept=5):
    found = [(one["index"], one["relevance_score"]) for one in reply["results"]]
    asked.check(found, kept=kept)


def test_a_model_reranks(asked):
    model = RESTfulClient(asked.url, api_key=asked.key).get_model(asked.model)
    reply = model.rerank(asked.documents, asked.query, top_n=2, return_documents=True)
    check(asked, reply, kept=2)
    assert reply["results"][0]["document"]["text"] == asked.documents[4]


def test_a_model_reranks_and_counts_tokens(asked):
    model = RESTfulClient(asked.url, api_key=asked.key).get_model(asked.model)
    reply = model.rerank(asked.documents, asked.query, return_len=True)
    check(asked, reply)
    assert reply["meta"]["tokens"]["input_tokens"] > 0


def test_no_key_is_sent_where_none_is_needed(asked):
    model = RESTfulClient(asked.open_url, api_key="dropped").get_model(asked.model)
    check(asked, model.rerank(asked.documents, asked.query))


def test_a_model_reranks_asynchronously(asked):
    async def ask():
        client = AsyncClient(asked.url, api_key=asked.key)
        model = await client.get_model(asked.model)
        try:
            return await model.rerank(asked.documents, asked.query)
        finally:
            await model.close()
            await client.close()

    check(asked, asyncio.run(ask()))


def test_the_models_are_listed(asked):
    models = RESTfulClient(asked.url, api_key=asked.key).list_models()
    assert [(name, model["model_type"]) for name, model in models.items()] == [
        (asked.model, "rerank")
    ]


def test_a_wrong_key_is_told(asked):
    with pytest.raises(RuntimeError, match="key"):
        RESTfulClient(asked.url, api_key="wrong").get_model(asked.model)


def test_no_documents_are_told(asked):
    model = RESTfulClient(asked.url, api_key=asked.key).get_model(asked.model)
    with pytest.raises(RuntimeError, match=r"detail: .*documents"):
        model.rerank([], asked.query)


def test_an_unknown_model_is_told_where_models_are_strict(asked):
    with pytest.raises(RuntimeError, match=asked.model):
        RESTfulClient(asked.open_url).get_model("bge-reranker-base")
