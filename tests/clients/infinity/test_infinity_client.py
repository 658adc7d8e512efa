"""Infinity's generated client, at the root and under the path of its own dialect."""

import asyncio

import pytest
from infinity_client import AuthenticatedClient, Client
from infinity_client.api.default import health, models, rerank
from infinity_client.errors import UnexpectedStatus
from infinity_client.models import RerankInput

PATHS = pytest.mark.parametrize("path", ["", "/infinity"])


def client(asked, path, key=None):
    return AuthenticatedClient(
        base_url=asked.url + path, token=key or asked.key, raise_on_unexpected_status=True
    )


def body(asked, **options):
    return RerankInput(query=asked.query, documents=asked.documents, **options)


@PATHS
def test_documents_are_ranked(asked, path):
    reply = rerank.sync(client=client(asked, path), body=body(asked))
    asked.check((one.index, one.relevance_score) for one in reply.results)
    assert reply.model == asked.model
    assert reply.usage.total_tokens > 0


@PATHS
def test_raw_scores_are_logits(asked, path):
    reply = rerank.sync(client=client(asked, path), body=body(asked, raw_scores=True))
    asked.check([(one.index, one.relevance_score) for one in reply.results], is_raw=True)


@PATHS
def test_documents_are_ranked_asynchronously(asked, path):
    async def ask():
        return await rerank.asyncio(client=client(asked, path), body=body(asked, top_n=2))

    reply = asyncio.run(ask())
    asked.check([(one.index, one.relevance_score) for one in reply.results], kept=2)


def test_documents_come_back_as_strings_under_the_path_of_infinity(asked):
    asking = body(asked, return_documents=True)
    reply = rerank.sync(client=client(asked, "/infinity"), body=asking)
    asked.check_texts((one.document, one.relevance_score) for one in reply.results)


def test_the_models_are_listed(asked):
    (model,) = models.sync(client=client(asked, "/infinity")).data
    assert (model.id, model.capabilities) == (asked.model, ["rerank"])


def test_the_server_tells_the_time(asked):
    assert health.sync(client=client(asked, "/infinity"))["unix"] > 1.7e9


@PATHS
def test_a_wrong_key_is_unauthorized(asked, path):
    with pytest.raises(UnexpectedStatus, match="key") as caught:
        rerank.sync(client=client(asked, path, "wrong"), body=body(asked))
    assert caught.value.status_code == 401


@PATHS
def test_no_documents_are_a_bad_request(asked, path):
    asking = RerankInput(query=asked.query, documents=[])
    with pytest.raises(UnexpectedStatus, match="documents") as caught:
        rerank.sync(client=client(asked, path), body=asking)
    assert caught.value.status_code == 400


@PATHS
def test_an_unknown_model_is_an_error_where_models_are_strict(asked, path):
    strict = Client(base_url=asked.open_url + path, raise_on_unexpected_status=True)
    with pytest.raises(UnexpectedStatus, match=asked.model):
        rerank.sync(client=strict, body=body(asked, model="mixedbread-ai/mxbai-rerank-xsmall-v1"))
