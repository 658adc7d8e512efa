"""OpenAI's client: the list of models, its errors, and its generic call."""

import asyncio

import openai
import pytest


@pytest.fixture
def client(asked):
    return openai.OpenAI(base_url=f"{asked.url}/v1", api_key=asked.key, max_retries=0)


def test_the_models_are_listed(client, asked):
    (model,) = client.models.list()
    assert (model.id, model.object) == (asked.model, "model")
    assert model.created > 0


def test_the_models_are_listed_asynchronously(asked):
    async def ask():
        client = openai.AsyncOpenAI(base_url=f"{asked.url}/v1", api_key=asked.key)
        return [model.id async for model in client.models.list()]

    assert asyncio.run(ask()) == [asked.model]


def test_a_model_is_described(client, asked):
    assert client.models.retrieve(asked.model).id == asked.model


def test_the_generic_call_reranks(client, asked):
    body = {"query": asked.query, "documents": asked.documents, "top_n": 2}
    reply = client.post("/rerank", body=body, cast_to=object)
    asked.check([(one["index"], one["relevance_score"]) for one in reply["results"]], kept=2)


def test_a_wrong_key_is_an_authentication_error(asked):
    client = openai.OpenAI(base_url=f"{asked.url}/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="key") as caught:
        client.models.list()
    assert caught.value.type == "authentication_error"
    assert caught.value.request_id


def test_no_documents_are_a_bad_request_that_names_the_field(client, asked):
    body = {"query": asked.query, "documents": []}
    with pytest.raises(openai.BadRequestError, match="documents") as caught:
        client.post("/rerank", body=body, cast_to=object)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param == "documents"


def test_an_unknown_model_is_not_found_where_models_are_strict(asked):
    client = openai.OpenAI(base_url=f"{asked.open_url}/v1", api_key="none needed", max_retries=0)
    with pytest.raises(openai.NotFoundError, match=asked.model) as caught:
        client.models.retrieve("gpt-5")
    assert caught.value.param == "model"
