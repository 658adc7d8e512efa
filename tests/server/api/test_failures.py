"""A failure has the status and the shape that the clients of its path and body read."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from jingpai.server.api.errors import write_problem
from jingpai.server.problems import STATUS, Kind, Problem
from jingpai.server.service import Service
from jingpai.server.settings import ServerSettings

DASHSCOPE = "/api/v1/services/rerank/text-rerank/text-rerank"
TEI_BODY = {"query": "panda", "texts": ["bamboo"]}
BODY = {"query": "panda", "documents": ["bamboo"]}
DASHSCOPE_BODY = {"input": BODY}
TEI = {
    "empty": (400, "Empty"),
    "invalid": (422, "Validation"),
    "too_long": (422, "Validation"),
    "backend": (424, "Backend"),
    "overloaded": (429, "Overloaded"),
    "unavailable": (503, "Unhealthy"),
}


def written(path: str, body: object, kind: Kind) -> tuple[int, dict[str, Any]]:
    raw = None if body is None else json.dumps(body).encode()
    response = write_problem(path, raw, Problem(kind, "what to do", param="query"), "7")
    assert response.headers["content-type"] == "application/json"
    return response.status_code, json.loads(bytes(response.body))


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/score", "/voyage/v1/rerank", "/x"])
def test_most_clients_find_the_message_where_they_look_for_it(path, kind):
    status, body = written(path, BODY, kind)
    assert status == STATUS[kind]
    assert body["message"] == body["detail"] == body["error"]["message"] == "what to do"
    assert (body["id"], body["error"]["param"], body["error"]["code"]) == ("7", "query", status)
    assert body["error"]["type"].endswith("_error")


@pytest.mark.parametrize(("kind", "expected"), TEI.items())
@pytest.mark.parametrize(("path", "body"), [("/rerank", TEI_BODY), ("/predict", None)])
def test_clients_of_tei_get_its_statuses_and_types(path, body, kind, expected):
    status, content = written(path, body, kind)
    assert (status, content["error_type"]) == expected
    assert content["error"] == "what to do"


@pytest.mark.parametrize(
    ("kind", "code"), [("unauthorized", "InvalidApiKey"), ("invalid", "InvalidParameter")]
)
def test_clients_of_dashscope_get_a_code(kind, code):
    status, content = written(DASHSCOPE, None, kind)
    assert status == STATUS[kind]
    assert content == {"code": code, "message": "what to do", "request_id": "7"}


def test_weaviate_gets_a_string():
    assert written("/weaviate/rerank", None, "internal") == (500, {"error": "what to do"})


@pytest.mark.parametrize("body", [None, b"", b"{", b"[1]", b"\xff"])
def test_a_body_that_cannot_be_read_leaves_the_dialect_to_the_path(body):
    response = write_problem("/rerank", body, Problem("body_timeout", "slow"), "7")
    assert json.loads(bytes(response.body))["detail"] == "slow"


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/rerank", BODY, "detail"),
        ("/rerank", TEI_BODY, "error"),
        (DASHSCOPE, DASHSCOPE_BODY, "message"),
    ],
)
def test_a_server_without_its_models_tells_each_client_when_to_come_back(
    client_of, path, body, key
):
    reply = client_of(Service(ServerSettings())).post(path, json=body)
    assert reply.status_code == 503
    assert int(reply.headers["retry-after"]) > 0
    assert "loaded" in reply.json()[key]


@pytest.mark.parametrize("path", ["/weaviate/.well-known/ready", "/infinity/health", "/info"])
def test_probes_of_a_server_without_its_models_fail(client_of, path):
    assert client_of(Service(ServerSettings())).get(path).status_code == 503


@pytest.mark.parametrize(("body", "status"), [(BODY, 500), (TEI_BODY, 424)])
def test_a_model_that_cannot_be_run_is_told_with_the_status_of_the_dialect(
    client_of, serve, body, status
):
    reply = client_of(serve(fault=lambda batch: "error")).post("/rerank", json=body)
    assert reply.status_code == status


def test_a_model_that_is_not_loaded_is_an_error_only_where_that_is_wanted(client_of, serve):
    body = {**BODY, "model": "rerank-v3.5"}
    assert client_of(serve()).post("/v2/rerank", json=body).json()["model"] == "tiny"
    strict = client_of(serve(ServerSettings(strict_models=True))).post("/v2/rerank", json=body)
    assert strict.status_code == 404
    assert "tiny" in strict.json()["message"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "query is missing"),
        ([], "the body is a list of 0; it must be an object"),
        ({**BODY, "query": None}, "query: got null; allowed are strings"),
        ({**BODY, "query": "\u200b "}, "query: got"),
        ({**BODY, "query": ["x" * 9999]}, "query: got a list of 1;"),
        ({**BODY, "model": 5}, "model: got 5; allowed are strings and null"),
        ({**BODY, "top_n": True}, "top_n: got true; allowed are null and whole numbers"),
        ({**BODY, "top_n": 1.5}, "top_n: got 1.5;"),
        ({**BODY, "return_documents": "yes"}, 'return_documents: got "yes"; allowed are true'),
        ({**BODY, "return_documents": 1}, "return_documents: got 1;"),
        ({**BODY, "threshold": "0.5"}, 'threshold: got "0.5"; allowed are numbers and null'),
        ({**BODY, "rank_fields": "text"}, 'rank_fields: got "text"; allowed are lists'),
        ({**BODY, "rank_fields": ["a", 1]}, "rank_fields[1]: got 1; allowed are strings"),
        ({**BODY, "documents": None}, "documents: got null; allowed are lists"),
        ({**BODY, "documents": []}, "documents: there are none"),
        ({**BODY, "documents": ["a", None]}, "documents[1] is null; a document is"),
        ({**BODY, "documents": [{}]}, "documents[0] has no key 'text'; it has no keys"),
        ({**BODY, "documents": [{"text": 5}]}, "documents[0].text is 5; it must be a string"),
        ({**BODY, "documents": [{"body": "x"}]}, "documents[0] has no key 'text'; its keys are"),
        ({**BODY, "documents": [{"image": "x"}]}, "only text, no images"),
        ({**BODY, "documents": [{"content": [{"type": "image_url"}]}]}, "only text, no images"),
        ({**BODY, "documents": [{"content": [{"text": "x"}]}]}, "documents[0].content[0] is no"),
        ({**BODY, "documents": [{"content": ["x"]}]}, 'documents[0].content[0] is "x"; a part is'),
        ({**BODY, "documents": [{"a": 1}], "rank_fields": ["a"]}, "documents[0] has no key 'text'"),
        ({**BODY, "documents": ["a"], "top_k": "many"}, 'top_k: got "many"'),
    ],
)
def test_what_is_wrong_with_a_body_is_one_sentence_that_names_the_field(client, body, sentence):
    reply = client.post("/v1/rerank", json=body)
    assert reply.status_code == 400
    assert sentence in reply.json()["message"]
    assert len(reply.json()["message"]) < 250


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the body is empty"),
        (b"{", "the body is no JSON"),
        (b'{"threshold": NaN}', "the body is no JSON: NaN"),
        (b'{"query": "\xff"}', "UTF-8"),
        (b'{"query": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"top_n": ' + b"9" * 10_000 + b"}", "the body is no JSON"),
    ],
)
def test_a_body_that_is_no_json_is_told_so(client, content, sentence):
    headers = {"content-type": "application/json; charset=utf-8"}
    reply = client.post("/v1/rerank", content=content, headers=headers)
    assert reply.status_code == 400
    assert sentence in reply.json()["message"]


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_must_be_declared_as_json(client, media_type):
    reply = client.post("/rerank", content=b"{}", headers={"content-type": media_type})
    assert reply.status_code == 415
    assert "content-type: application/json" in reply.json()["message"]


def test_documents_nested_without_end_are_ranked_and_not_echoed(client):
    nested: object = "x"
    for _ in range(500):
        nested = [nested]
    document = {"text": "bamboo", "nested": nested}
    reply = client.post("/rerank", json={"query": "panda", "documents": [document]})
    assert reply.json()["results"][0]["document"] == {"text": "bamboo"}


MANY = [0] * 10_001


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/rerank", {"query": "a", "documents": MANY}),
        ("/rerank", {"query": "a", "texts": MANY}),
        ("/vertex", {"instances": [{"query": "a", "texts": MANY}]}),
        ("/score", {"queries": "a", "documents": MANY}),
        (DASHSCOPE, {"input": {"query": "a", "documents": MANY}}),
    ],
)
def test_too_many_documents_are_refused_before_it_is_seen_that_they_are_none(client, path, body):
    reply = client.post(path, json=body)
    assert reply.status_code == 413
    assert "got 10001; at most 10000" in reply.text
