"""The application as a whole, in one process and without a network."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys

import pytest
from support.asgi import GONE, Exchange, ask, chunk

from jingpai.server.http.app import STALLED, build_app, create_app
from jingpai.server.http.metrics import Metrics
from jingpai.server.http.watch import Watch
from jingpai.server.service import Service
from jingpai.server.settings import ServerSettings

JSON = ("content-type", "application/json")
RERANK = chunk(json.dumps({"query": "what is a panda", "documents": ["hi", "a bear"]}).encode())


def post(app, *messages, path: str = "/v1/rerank", headers=(), **scope) -> Exchange:
    return ask(app, *(messages or (RERANK,)), path=path, headers=[JSON, *headers], **scope)


def get(app, path: str, headers=(), **scope) -> Exchange:
    return ask(app, path=path, method="GET", headers=headers, **scope)


def test_a_request_is_answered_logged_and_counted(serve, caplog):
    caplog.set_level(logging.INFO, logger="jingpai.requests")
    metrics = Metrics()
    watch = Watch(metrics=metrics)
    service = serve(observer=watch)
    reply = post(
        create_app(service.settings, service, watch=watch), headers=[("x-request-id", "a")]
    )
    assert reply.status == 200
    assert len(reply.json["results"]) == 2
    (line,) = caplog.messages
    assert line.startswith("POST /v1/rerank 200 ")
    assert line.endswith(f" documents=2 tokens={reply.json['usage']['total_tokens']} id=a")
    page = metrics.page().decode()
    assert 'jingpai_requests_total{path="/v1/rerank",status="200"} 1.0' in page
    assert "jingpai_documents_total 2.0" in page
    assert "jingpai_queue_tokens 0.0" in page


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/v1/rerank", b"{", 400, "invalid"),
        ("/v1/rerank", b'{"query": "x"}', 400, "invalid"),
        ("/nowhere/at/all", b"{}", 404, "not_found"),
        ("/v1/rerank", b" " * 2000, 413, "too_large"),
    ],
)
def test_a_request_without_a_result_is_counted_by_kind(serve, caplog, path, body, status, kind):
    caplog.set_level(logging.INFO, logger="jingpai.requests")
    metrics = Metrics()
    watch = Watch(metrics=metrics)
    app = create_app(ServerSettings(max_body=1000), serve(), watch=watch)
    assert post(app, chunk(body), path=path).status == status
    assert f'jingpai_problems_total{{kind="{kind}"}} 1.0' in metrics.page().decode()
    assert f"problem={kind}" in caplog.text
    # What people type is in no label and no line.
    assert "nowhere" not in caplog.text + metrics.page().decode()


def test_a_request_that_is_refused_before_its_route_is_logged_with_its_path(serve, caplog):
    caplog.set_level(logging.INFO, logger="jingpai.requests")
    app = create_app(ServerSettings(api_keys=("k",)), serve())
    assert [post(app).status, post(app, path="/v1/rerank/x").status] == [401, 401]
    assert "POST /v1/rerank 401" in caplog.messages[0]
    assert "POST (none) 401" in caplog.messages[1]


def test_a_client_that_leaves_is_logged_as_such(serve, caplog):
    caplog.set_level(logging.INFO, logger="jingpai.requests")
    app = create_app(ServerSettings(), serve())
    assert post(app, chunk(b"{", more=True), GONE).sent == []
    assert " 499 " in caplog.text


def test_replies_of_every_kind_have_an_id_and_the_headers(serve):
    app = create_app(ServerSettings(api_keys=("k",), max_body=100), serve())
    key = ("x-api-key", "k")
    replies = [
        post(app),
        post(app, headers=[key]),
        post(app, chunk(b"x" * 101), headers=[key]),
        get(app, "/nowhere", headers=[key]),
        get(app, "/health"),
    ]
    assert [reply.status for reply in replies] == [401, 200, 413, 404, 200]
    assert all(reply.headers["x-content-type-options"] == "nosniff" for reply in replies)
    assert len({reply.headers["x-request-id"] for reply in replies}) == 5


def test_metrics_and_the_schema_need_the_key_too():
    settings = ServerSettings(api_keys=("k",))
    app = build_app(settings)
    for path in ("/metrics", "/openapi.json"):
        assert get(app, path).status == 401
        assert get(app, path, headers=[("authorization", "Bearer k")]).status == 200


def test_while_the_models_load_requests_are_told_to_come_back():
    app = create_app(ServerSettings(), Service(ServerSettings()))
    reply = post(app)
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) > 0
    assert "loaded" in reply.json["message"]
    assert get(app, "/health/live").status == 200
    assert get(app, "/health/ready").json == {"status": "loading"}


def test_the_schema_is_there_and_pages_with_foreign_scripts_are_not(serve):
    app = create_app(ServerSettings(), serve())
    paths = get(app, "/openapi.json").json["paths"]
    assert {"/v1/rerank", "/rerank", "/health", "/v2/rerank"} <= paths.keys()
    assert [get(app, path).status for path in ("/docs", "/redoc")] == [404, 404]


def test_web_pages_may_call_only_from_origins_that_are_allowed(serve):
    origin = "https://app.example.com"
    asks = [("origin", origin), ("access-control-request-method", "POST")]
    closed = create_app(ServerSettings(api_keys=("k",)), serve())
    opened = create_app(ServerSettings(api_keys=("k",), cors_origins=(origin,)), serve())
    shut = ask(closed, path="/v1/rerank", method="OPTIONS", headers=asks)
    assert "access-control-allow-origin" not in shut.headers
    # A browser sends no key when it asks whether it may.
    allowed = ask(opened, path="/v1/rerank", method="OPTIONS", headers=asks)
    assert allowed.status == 200
    assert allowed.headers["access-control-allow-origin"] == origin
    reply = post(opened, headers=[("origin", origin), ("x-api-key", "k")])
    assert reply.headers["access-control-allow-origin"] == origin
    other = post(opened, headers=[("origin", "https://evil.example.com"), ("x-api-key", "k")])
    assert "access-control-allow-origin" not in other.headers


def test_the_prefix_of_a_proxy_is_no_part_of_the_path(serve, caplog):
    caplog.set_level(logging.INFO, logger="jingpai.requests")
    app = create_app(ServerSettings(), serve())
    # As uvicorn writes it, with --root-path /api.
    assert post(app, path="/api/v1/rerank", root_path="/api").status == 200
    assert "POST /v1/rerank 200" in caplog.text
    schema = get(app, "/api/openapi.json", root_path="/api").json
    assert schema["servers"] == [{"url": "/api"}]


def test_a_client_that_leaves_frees_its_place_in_the_queue(serve):
    service = serve(fault=lambda batch: "hang")
    app = create_app(ServerSettings(), service)
    admission = service._admission

    async def go():
        exchange = Exchange()
        exchange.incoming.put_nowait(RERANK)
        running = asyncio.create_task(exchange.run(app, path="/v1/rerank", headers=[JSON]))
        while not admission._requests:
            await asyncio.sleep(0.01)
        exchange.incoming.put_nowait(GONE)
        await running
        return exchange.sent, admission._requests, admission._tokens

    assert asyncio.run(go()) == ([], 0, 0)


HANGING = """
import asyncio, logging
from jingpai.server.http.app import _end_if_stalled
from jingpai.server.settings import ServerSettings

class Service:
    state = "stalled"
    settings = ServerSettings(stall_timeout=120)

logging.basicConfig()
asyncio.run(_end_if_stalled(Service()))
"""


def test_a_model_that_hangs_ends_the_process_for_its_supervisor():
    ended = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == STALLED
    assert "longer than 120 s (--stall-timeout)" in ended.stderr
