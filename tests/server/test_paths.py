"""A path has many spellings, and all of them lead to the same place."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from support.asgi import Exchange, ask, chunk
from support.running import wait_until

from jingpai.server.api.paths import prefix_of
from jingpai.server.api.routes import TABLE
from jingpai.server.http.app import create_app
from jingpai.server.http.metrics import Metrics
from jingpai.server.http.run import PatientProtocol
from jingpai.server.http.watch import Watch
from jingpai.server.settings import ServerSettings

JSON = ("content-type", "application/json")
RERANK = chunk(json.dumps({"query": "a panda", "documents": ["hi", "a bear"]}).encode())
HOST = "http://host:8000"
OF_SERVER = ["/health", "/health/live", "/health/ready", "/ping", "/metrics", "/openapi.json"]


def spellings(path: str) -> list[str]:
    return [f"{path}/", f"/{path}", f"{path}//", f"{HOST}{path}", f"HTTPS://host//{path}/"]


def post(app, path: str, **scope) -> Exchange:
    return ask(app, RERANK, path=path, headers=[JSON], **scope)


def get(app, path: str, *, method: str = "GET", **scope) -> Exchange:
    return ask(app, path=path, method=method, **scope)


@pytest.fixture
def app(serve):
    service = serve()
    return create_app(service.settings, service, watch=Watch(metrics=Metrics()))


@pytest.mark.parametrize("prefix", ["", "/deep/api"])
def test_every_path_answers_alike_however_it_is_spelled(app, prefix):
    for route in (route for route in TABLE if "{" not in route.path):
        plain = ask(app, path=prefix + route.path, method=route.method, root_path=prefix)
        assert plain.status in (200, 204, 415)
        for path in spellings(route.path):
            # As uvicorn writes it: the prefix, and then whatever the client sent.
            exchange = ask(app, path=prefix + path, method=route.method, root_path=prefix)
            assert (exchange.status, path) == (plain.status, path)
            assert "location" not in exchange.headers


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_the_probes_the_page_and_the_models_answer_alike(app, prefix):
    for path in (*OF_SERVER, "/playground/app.js", "/v1/models/tiny", "/"):
        for spelled in (path, *spellings(path)):
            assert get(app, prefix + spelled, root_path=prefix).status == 200


def test_a_name_that_only_begins_like_the_prefix_is_another_path(app):
    assert get(app, "/apiary/health", root_path="/api").status == 404


def test_a_prefix_alone_is_the_root(app):
    assert post(app, "/api", root_path="/api").status == 200
    page = get(app, "/deep/api", root_path="/deep/api")
    # What the page loads, it names by addresses that are relative to this one.
    assert (page.status, page.headers["location"]) == (307, "api/")


@pytest.mark.parametrize(
    ("path", "location"), [("/playground/", "../playground"), ("/playground//", "../../playground")]
)
def test_a_page_is_shown_where_its_files_are_found(app, path, location):
    reply = get(app, f"/api{path}", root_path="/api")
    assert (reply.status, reply.headers["location"]) == (307, location)
    assert get(app, "/playground").status == 200
    assert get(app, "//").status == 200


def test_keys_metrics_and_the_log_see_the_same_path(serve, caplog):
    caplog.set_level(logging.INFO, logger="jingpai.requests")
    metrics = Metrics()
    app = create_app(ServerSettings(api_keys=("k",)), serve(), watch=Watch(metrics=metrics))
    assert [get(app, path).status for path in spellings("/health")] == [200] * 5
    assert [post(app, path).status for path in spellings("/v1/rerank")] == [401] * 5
    page = metrics.page().decode()
    assert 'jingpai_requests_total{path="/v1/rerank",status="401"} 5.0' in page
    assert 'jingpai_requests_total{path="/health",status="200"} 5.0' in page
    assert "host" not in page + caplog.text


def test_errors_have_the_shape_of_the_dialect_however_its_path_is_spelled(app):
    for path in ("/weaviate/rerank", *spellings("/weaviate/rerank")):
        reply = ask(app, chunk(b"{"), path=path, headers=[JSON])
        assert list(reply.json) == ["error"]


def test_where_get_answers_head_answers_alike(app):
    for path in (*OF_SERVER, "/", "/v1/models", "/info", "/v1/models/tiny"):
        assert get(app, path, method="HEAD").status == get(app, path).status == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/", "GET, HEAD, POST, OPTIONS"), ("/v1/rerank", "POST, OPTIONS")]
    + [(path, "GET, HEAD, OPTIONS") for path in ("/v1/models", "/health", "/metrics", "/info")],
)
def test_a_path_says_which_methods_it_takes(app, path, methods):
    asked = get(app, path, method="OPTIONS")
    assert (asked.status, asked.headers["allow"]) == (204, methods)
    for method in ("DELETE", "PATCH", "TRACE", "BREW"):
        refused = get(app, path, method=method)
        assert (refused.status, refused.headers["allow"]) == (405, methods)
        taken = methods.removesuffix(", OPTIONS")
        assert f"{path} does not take {method}; it takes {taken}." in refused.json.values()
    assert get(app, "/nowhere", method="OPTIONS").status == 404


def test_a_path_of_any_length_is_told_in_a_line(app):
    message = get(app, "/" + "a" * 9000).json["message"]
    assert message.startswith(f"there is nothing at /{'a' * 195} ...; reranking is at")


@pytest.mark.parametrize("written", ["/api", "api", "/api/", "api//"])
def test_a_prefix_is_the_same_however_it_is_set(written):
    assert prefix_of(written) == "/api"
    assert prefix_of("") == prefix_of("/") == ""


@contextlib.contextmanager
def listening(app, *, root_path: str) -> Iterator[int]:
    """Serve from a thread, as `jingpai serve` does; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(
                app, http=PatientProtocol, root_path=root_path, lifespan="off", log_config=None
            )
        )
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        wait_until(lambda: server.started)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("root_path", ["", "/api"])
@pytest.mark.parametrize("target", [f"{HOST}/v1/rerank", "/v1/rerank/?a=b", "//v1/rerank"])
def test_targets_are_read_as_they_come_over_the_wire(app, target, root_path):
    body = RERANK["body"]
    head = (
        f"POST {target} HTTP/1.1\r\nhost: host\r\ncontent-type: application/json\r\n"
        f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with (
        listening(app, root_path=root_path) as port,
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        connection.sendall(head.encode() + body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
