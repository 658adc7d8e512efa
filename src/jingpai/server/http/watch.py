"""Reports each request and batch to the metrics, the traces and the log."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.server.api.paths import template_of
from jingpai.server.http.headers import request_id_of
from jingpai.server.http.logs import log_request

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from jingpai.server.http.metrics import Metrics
    from jingpai.server.http.tracing import Traces
    from jingpai.server.problems import Kind
    from jingpai.server.requests import Work

CLIENT_GONE = 499
"""Status of a request whose client did not wait, as nginx calls it."""


@dataclass(slots=True)
class _Cost:
    """What one HTTP request has cost so far."""

    documents: int | None = None
    tokens: int | None = None


_cost: ContextVar[_Cost] = ContextVar("cost")


class Watch:
    """Passes on what the service and the scheduler report."""

    def __init__(self, *, metrics: Metrics | None = None, traces: Traces | None = None) -> None:
        self.metrics = metrics
        self._traces = traces

    def work(self, work: Work, *, documents: int) -> None:
        """Take note of what a reply cost; called from within its request."""
        cost = _cost.get(None)
        if cost is not None:
            cost.documents = (cost.documents or 0) + documents
            cost.tokens = (cost.tokens or 0) + work.tokens
        if self.metrics is not None:
            self.metrics.work(work, documents=documents)
        if self._traces is not None:
            self._traces.work(work, documents=documents)

    def batch(self, *, rows: int, tokens: int, budget: int, seconds: float) -> None:
        """Take note of a batch."""
        if self.metrics is not None:
            self.metrics.batch(rows=rows, tokens=tokens, budget=budget, seconds=seconds)

    def queue(self, *, requests: int, tokens: int) -> None:
        """Take note of what waits now."""
        if self.metrics is not None:
            self.metrics.queue(requests=requests, tokens=tokens)

    def problem(self, kind: Kind) -> None:
        """Take note of a request that got no result."""
        if self.metrics is not None:
            self.metrics.problem(kind)

    def request(self, path: str, status: int, seconds: float) -> None:
        """Take note of a request that was answered."""
        if self.metrics is not None:
            self.metrics.request(path, status, seconds)

    def close(self) -> None:
        """Send what was held back."""
        if self._traces is not None:
            self._traces.close()


def note_problem(scope: Scope, kind: Kind) -> None:
    """Remember why a request gets no result, for the metrics and its line of the log."""
    scope.setdefault("state", {})["problem"] = kind


class Watched:
    """Times each request, and writes its line once it is over."""

    def __init__(self, app: ASGIApp, *, watch: Watch, paths: Collection[str]) -> None:
        self._app = app
        self._watch = watch
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app behind this."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = CLIENT_GONE
        cost = _Cost()
        token = _cost.set(cost)

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            _cost.reset(token)
            seconds = time.perf_counter() - began
            path = template_of(scope, known=self._paths)
            self._watch.request(path, status, seconds)
            problem: Kind | None = scope.get("state", {}).get("problem")
            if problem is not None:
                self._watch.problem(problem)
            log_request(
                method=scope["method"],
                path=path,
                status=status,
                seconds=seconds,
                documents=cost.documents,
                tokens=cost.tokens,
                problem=problem,
                request_id=request_id_of(scope),
            )
