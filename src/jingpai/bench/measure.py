"""Timing requests that come from several threads at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import NamedTuple, TypeAlias, TypeVar

Elapsed: TypeAlias = Callable[[float], None]
"""Called in the caller's thread, a few times a second, with the seconds measured so far."""

_Result = TypeVar("_Result")

LEAST_REQUESTS = 3
"""Of a measurement, however long they take."""

_LOOK_S = 0.1
"""How often the waiting thread looks up, so that Ctrl-C is heard on every system."""


class Timing(NamedTuple):
    """What was measured.

    Attributes:
        latencies_s: Seconds of every request.
        seconds: From the start of the first to the end of the last.
        is_interrupted: Whether Ctrl-C ended it early.
    """

    latencies_s: tuple[float, ...]
    seconds: float
    is_interrupted: bool = False

    def latency_s(self, percent: float) -> float:
        """Return the latency that so many of a hundred requests stay within (nearest rank)."""
        ordered = sorted(self.latencies_s)
        rank = -(-len(ordered) * percent // 100)  # rounded up
        return ordered[max(0, int(rank) - 1)]


def measure(
    request: Callable[[int], object],
    *,
    concurrency: int,
    seconds: float,
    elapsed: Elapsed | None = None,
) -> Timing:
    """Send requests from several threads, each its next when its last is answered.

    Every thread sends one before the clock starts. Ctrl-C ends the measurement with what there is;
    requests that are under way are finished.

    Args:
        request: Sends a request and waits for the answer; called with 0, 1, 2, ...
        concurrency: How many threads.
        seconds: How long; at least `LEAST_REQUESTS` are made all the same.
        elapsed: Hears how far it is.

    Raises:
        JingpaiError: What `request` raises.
    """
    stop = threading.Event()
    least = -(-LEAST_REQUESTS // concurrency)

    def work(worker: int, until: float) -> tuple[list[float], float]:
        latencies: list[float] = []
        while True:
            start = time.perf_counter()
            request(worker + concurrency * len(latencies))
            end = time.perf_counter()
            latencies.append(end - start)
            if stop.is_set() or (end >= until and len(latencies) >= least):
                return latencies, end

    with ThreadPoolExecutor(concurrency) as pool:
        warming = [pool.submit(request, worker) for worker in range(concurrency)]
        is_interrupted = _watch(warming)
        for future in warming:
            future.result()
        if is_interrupted:
            return Timing((), 0.0, is_interrupted=True)
        start = time.perf_counter()
        running = [pool.submit(work, worker, start + seconds) for worker in range(concurrency)]
        try:
            is_interrupted = _watch(running, elapsed=elapsed)
        finally:
            stop.set()
        done = [future.result() for future in running]
    return Timing(
        tuple(latency for latencies, _ in done for latency in latencies),
        max(end for _, end in done) - start,
        is_interrupted,
    )


def _watch(futures: Sequence[Future[_Result]], *, elapsed: Elapsed | None = None) -> bool:
    """Wait until all are done, one fails, or Ctrl-C comes; return whether it was Ctrl-C."""
    start = time.perf_counter()
    try:
        while wait(futures, timeout=_LOOK_S, return_when=FIRST_EXCEPTION).not_done:
            if any(future.done() and future.exception() for future in futures):
                break
            if elapsed is not None:
                elapsed(time.perf_counter() - start)
    except KeyboardInterrupt:
        return True
    return False
