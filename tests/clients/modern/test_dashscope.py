"""DashScope's client, whose errors are replies."""

import asyncio

import pytest
from dashscope import TextReRank
from dashscope.rerank.text_rerank import AioTextReRank

MODEL = TextReRank.Models.gte_rerank_v2


def call(asked, **changed):
    given = {
        "model": MODEL,
        "query": asked.query,
        "documents": asked.documents,
        "api_key": asked.key,
        "base_address": f"{asked.url}/api/v1",
    }
    return TextReRank.call(**{**given, **changed})


def check(asked, reply, *, kept=5):
    assert (reply.status_code, reply.code) == (200, "")
    found = [(one.index, one.relevance_score) for one in reply.output.results]
    asked.check(found, kept=kept)
    assert reply.usage.total_tokens > 0
    assert reply.request_id


def test_documents_are_ranked(asked):
    check(asked, call(asked))


def test_the_best_are_returned_on_request(asked):
    reply = call(asked, top_n=2, return_documents=True, instruct="Find what answers.")
    check(asked, reply, kept=2)
    assert reply.output.results[0]["document"]["text"] == asked.documents[4]


def test_documents_are_ranked_asynchronously(asked):
    reply = asyncio.run(
        AioTextReRank.call(
            model=MODEL,
            query=asked.query,
            documents=asked.documents,
            api_key=asked.key,
            base_address=f"{asked.url}/api/v1",
        )
    )
    check(asked, reply)


@pytest.mark.parametrize(
    ("changed", "status", "code", "message"),
    [
        ({"api_key": "wrong"}, 401, "InvalidApiKey", "key"),
        ({"documents": [""] * 20_000}, 413, "InvalidParameter", "documents"),
    ],
)
def test_errors_have_a_code_and_a_message(asked, changed, status, code, message):
    reply = call(asked, **changed)
    assert (reply.status_code, reply.code) == (status, code)
    assert message in reply.message
    assert reply.request_id


def test_an_unknown_model_is_told_where_models_are_strict(asked):
    reply = call(asked, base_address=f"{asked.open_url}/api/v1")
    assert (reply.status_code, reply.code) == (404, "ModelNotFound")
    assert asked.model in reply.message
