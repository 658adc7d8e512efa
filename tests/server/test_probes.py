"""Whether the server is up."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from fastapi import FastAPI
from support.asgi import ask

from jingpai.server.http.metrics import Metrics
from jingpai.server.http.probes import router


class Service:
    """As far as the probes look at one."""

    def __init__(self, state: str) -> None:
        self.state = state


def get(path: str, state: str = "ready", *, metrics: Metrics | None = None, method: str = "GET"):
    app = FastAPI()
    app.include_router(router(cast("Any", Service(state)), metrics=metrics))
    return ask(app, path=path, method=method)


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/ping"])
def test_only_a_server_that_answers_requests_is_ready(path):
    states = ["ready", "loading", "stopping", "failed", "stalled"]
    assert [get(path, state).status for state in states] == [200, 503, 503, 503, 503]


def test_a_process_is_alive_unless_its_model_hangs():
    states = ["ready", "loading", "stopping", "failed", "stalled"]
    assert [get("/health/live", state).status for state in states] == [200, 200, 200, 200, 503]


def test_health_speaks_as_tei_does():
    assert get("/health").sent[1]["body"] == b""
    assert get("/health", "loading").json == {"error": "unhealthy", "error_type": "Unhealthy"}


def test_the_probes_say_why():
    assert get("/health/ready", "loading").json == {"status": "loading"}
    assert json.dumps(get("/health/live", "stalled").json) == '{"status": "stalled"}'


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/ping"])
def test_balancers_may_ask_for_the_head_alone(path):
    assert get(path, method="HEAD").status == 200


def test_metrics_are_text_of_prometheus_where_they_are_on():
    metrics = Metrics()
    metrics.problem("too_large")
    shown = get("/metrics", metrics=metrics)
    assert shown.headers["content-type"].startswith("text/plain; version=")
    assert b'jingpai_problems_total{kind="too_large"} 1.0' in shown.sent[1]["body"]
    assert get("/metrics").status == 404
