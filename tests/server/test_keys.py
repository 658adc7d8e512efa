"""Who may ask."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from support.asgi import ask

from jingpai.server.http.keys import ApiKeys

KEYS = ("first-key", "schlüssel")
guarded = ApiKeys(PlainTextResponse("in"), keys=KEYS)


def status(*headers: tuple[str, str], path: str = "/rerank", **scope) -> int | None:
    return ask(guarded, headers=headers, path=path, **scope).status


@pytest.mark.parametrize(
    "header",
    [
        ("authorization", "Bearer first-key"),
        ("authorization", "bearer first-key"),
        ("authorization", "BEARER   first-key "),
        ("authorization", "first-key"),
        ("authorization", "Bearer schlüssel"),
        ("x-api-key", "first-key"),
        ("api-key", "first-key"),
    ],
)
def test_a_key_is_found_where_clients_put_it(header):
    assert status(header) == 200


@pytest.mark.parametrize(
    "header",
    [
        ("authorization", "Bearer first-ke"),
        ("authorization", "Bearer first-key2"),
        ("authorization", "Bearer first-key,schlüssel"),
        ("authorization", "Bearer "),
        ("authorization", "Bearer None"),
        ("authorization", "Basic first-key"),
        ("x-api-key", "Bearer first-key"),
        ("x-api-key", ""),
        ("cookie", "first-key"),
    ],
)
def test_anything_else_is_refused(header):
    assert status(header) == 401


def test_a_good_key_counts_beside_a_bad_one():
    assert status(("authorization", "Bearer None"), ("x-api-key", "first-key")) == 200


def test_a_refusal_says_which_headers_are_read_and_is_in_the_shape_of_the_path():
    refused = ask(guarded, path="/v1/rerank")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert "x-api-key" in refused.json["message"]
    assert refused.json["error"]["code"] == 401
    assert ask(guarded, path="/predict").json["error_type"]


def test_a_wrong_key_is_not_repeated():
    refused = ask(guarded, headers=[("x-api-key", "my-secret")])
    assert "my-secret" not in refused.json["message"]
    assert "not one of this server's" in refused.json["message"]


@pytest.mark.parametrize(
    "path", ["/health", "/health/live", "/health/ready", "/ping", "/v1/cluster/auth"]
)
def test_probes_need_no_key(path):
    assert status(path=path) == 200
    assert status(path=f"/prefix{path}", root_path="/prefix") == 200


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/openapi.json", "/v1/models", "/nowhere", "/health/", "//health"]
)
def test_every_other_path_needs_one(path):
    assert status(path=path) == 401


def test_without_keys_any_header_is_let_through():
    unguarded = ApiKeys(PlainTextResponse("in"), keys=())
    assert ask(unguarded, headers=[("authorization", "Bearer None")]).status == 200
    assert ask(unguarded).status == 200
