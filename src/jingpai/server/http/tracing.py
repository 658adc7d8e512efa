"""OpenTelemetry: a span for each request, and in it one for each stage of its work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jingpai.extras import needing
from jingpai.server.http.probes import POLLED

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import TracerProvider

    from jingpai.server.requests import Work


class Traces:
    """Sends spans to a collector."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("jingpai")

    def instrument(self, app: FastAPI) -> None:
        """Have the app begin a span with each request, or continue the caller's trace."""
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        FastAPIInstrumentor.instrument_app(
            app,
            tracer_provider=self._provider,
            excluded_urls=",".join(sorted(POLLED)),
            exclude_spans=["receive", "send"],
        )

    def work(self, work: Work, *, documents: int) -> None:
        """Write the stages of a reply that is just done, as spans of the request around it."""
        begin = time.time_ns() - _nanoseconds(work.total_s)
        stages = {
            "tokenization": work.tokenization_s,
            "queue": work.queue_s,
            "inference": work.inference_s,
        }
        for name, seconds in stages.items():
            end = begin + _nanoseconds(seconds)
            span = self._tracer.start_span(
                name,
                start_time=begin,
                attributes={"jingpai.documents": documents, "jingpai.tokens": work.tokens},
            )
            span.end(end_time=end)
            begin = end

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def open_traces(endpoint: str) -> Traces:
    """Return traces that go to an OTLP endpoint over HTTP, such as http://localhost:4318/v1/traces.

    Raises:
        MissingExtra: OpenTelemetry is not installed.
    """
    with needing("tracing", what="otlp_endpoint", packages="OpenTelemetry"):
        # They load for half a second, and few servers are traced.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    provider = TracerProvider(resource=Resource.create({"service.name": "jingpai"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return Traces(provider)


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
