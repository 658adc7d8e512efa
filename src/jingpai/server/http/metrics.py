"""Numbers for Prometheus: what was asked, what it cost, what waits, what went wrong.

With several workers, each writes its numbers to files in the folder that PROMETHEUS_MULTIPROC_DIR
names, and whichever is asked adds all of them up.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

if TYPE_CHECKING:
    from jingpai.server.problems import Kind
    from jingpai.server.requests import Work

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)


class Metrics:
    """All metrics of a process. Labels are routes, statuses and kinds, never what clients write."""

    has_page = True
    """Whether `page` shows all there is; otherwise the numbers go elsewhere."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests.", ("path", "status"))
        self._request_seconds = self._histogram(
            "request_seconds", "Time from the first byte to the last.", _SECONDS, ("path",)
        )
        self._problems = self._counter("problems", "Requests without a result.", ("kind",))
        self._documents = self._counter("documents", "Documents scored.")
        self._tokens = self._counter("tokens", "Tokens read by models.")
        self._stages = self._histogram(
            "stage_seconds", "Time of a request by stage.", _SECONDS, ("stage",)
        )
        self._queue_requests = self._gauge("queue_requests", "Requests that wait for a model.")
        self._queue_tokens = self._gauge("queue_tokens", "Tokens that wait for a model.")
        self._batch_rows = self._histogram("batch_rows", "Rows of a batch.", _ROWS)
        self._batch_fill = self._histogram(
            "batch_fill", "Share of its token budget that a batch used.", _SHARES
        )
        self._batch_seconds = self._histogram("batch_seconds", "Time of a batch.", _SECONDS)
        if _folder() is None:
            ProcessCollector(registry=self._registry)
        else:
            _forget_the_dead()

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request that was answered; `path` is the route's."""
        self._requests.labels(path, str(status)).inc()
        self._request_seconds.labels(path).observe(seconds)

    def problem(self, kind: Kind) -> None:
        """Count a request that got no result."""
        self._problems.labels(kind).inc()

    def work(self, work: Work, *, documents: int) -> None:
        """Count what a reply cost."""
        self._documents.inc(documents)
        self._tokens.inc(work.tokens)
        self._stages.labels("tokenization").observe(work.tokenization_s)
        self._stages.labels("queue").observe(work.queue_s)
        self._stages.labels("inference").observe(work.inference_s)
        self._stages.labels("total").observe(work.total_s)

    def batch(self, *, rows: int, tokens: int, budget: int, seconds: float) -> None:
        """Count a batch that a model ran, and the share of its tokens that it could have had."""
        self._batch_rows.observe(rows)
        # A row that is longer than the budget is run alone.
        self._batch_fill.observe(min(1.0, tokens / budget))
        self._batch_seconds.observe(seconds)

    def queue(self, *, requests: int, tokens: int) -> None:
        """Say what waits now."""
        self._queue_requests.set(requests)
        self._queue_tokens.set(tokens)

    def page(self) -> bytes:
        """Return what Prometheus reads: the numbers of all workers."""
        if _folder() is None:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"jingpai_{name}", meaning, labels, registry=self._registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        # The sum over those workers that are alive.
        return Gauge(
            f"jingpai_{name}", meaning, registry=self._registry, multiprocess_mode="livesum"
        )

    def _histogram(
        self, name: str, meaning: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
    ) -> Histogram:
        return Histogram(
            f"jingpai_{name}", meaning, labels, buckets=buckets, registry=self._registry
        )


def _folder() -> Path | None:
    name = os.environ.get(FOLDER_VARIABLE)
    return Path(name) if name else None


def _forget_the_dead() -> None:
    """Drop what workers that were killed said of their queues; the one in their place does this."""
    folder = _folder()
    if folder is None:
        return
    for pid in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*_*.db")}:
        if not _is_alive(pid):
            mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
