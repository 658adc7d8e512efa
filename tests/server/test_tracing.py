"""Spans of requests and of their stages."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("opentelemetry", reason="needs the extra `tracing`")
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.asgi import ask

from jingpai.errors import MissingExtra
from jingpai.server.http.tracing import Traces, open_traces
from jingpai.server.requests import Work

WORK = Work(
    tokens=300, characters=900, tokenization_s=0.5, queue_s=1.0, inference_s=2.0, total_s=4.0
)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def app(exporter) -> FastAPI:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces = Traces(provider)
    app = FastAPI()

    @app.post("/rerank")
    async def rerank():
        traces.work(WORK, documents=7)

    @app.get("/health")
    async def health():
        pass

    traces.instrument(app)
    return app


def test_a_request_is_a_span_with_its_stages_in_it(app, exporter):
    ask(app)
    *stages, request = exporter.get_finished_spans()
    assert request.name == "POST /rerank"
    assert [span.name for span in stages] == ["tokenization", "queue", "inference"]
    assert {span.parent.span_id for span in stages} == {request.context.span_id}
    lengths = [(span.end_time - span.start_time) / 1e9 for span in stages]
    assert lengths == [0.5, 1.0, 2.0]
    assert [span.start_time for span in stages[1:]] == [span.end_time for span in stages[:2]]
    assert dict(stages[0].attributes) == {"jingpai.documents": 7, "jingpai.tokens": 300}


def test_a_request_belongs_to_the_trace_of_its_caller(app, exporter):
    trace = "0af7651916cd43dd8448eb211c80319c"
    ask(app, headers=[("traceparent", f"00-{trace}-b7ad6b7169203331-01")])
    assert {f"{span.context.trace_id:032x}" for span in exporter.get_finished_spans()} == {trace}


def test_probes_are_not_traced(app, exporter):
    assert ask(app, path="/health", method="GET").status == 200
    assert exporter.get_finished_spans() == ()


def test_without_opentelemetry_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(MissingExtra, match=r'pip install "jingpai\[tracing\]"'):
        open_traces("http://127.0.0.1:9/v1/traces")
