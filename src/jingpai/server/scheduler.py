"""Runs the rows of many requests in shared batches: which rows are next, on one thread."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from bisect import bisect_right
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from jingpai.errors import BackendFailed
from jingpai.tokens.batching import BatchSize, shortest_worth_padding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jingpai.engine.scored_rows import ScoredRows
    from jingpai.tokens.tokenizer import Row

_log = logging.getLogger(__name__)

# Most that the padding of a row may count for, as a share of its own tokens. Rows of other requests
# join a batch only where little is wasted; those of the request that the batch begins with may be
# shorter: each batch that it needs more is one that it waits for. Where padding counts as text,
# these are rows of 0.8 and of 0.5 of the longest; where rows are packed, almost any row may join.
_MOST_WASTE = 0.25
_MOST_WASTE_OF_FIRST = 1.0

# Every so many batches begin with the request that has waited longest, all others with the one
# that has the least left to do. So a small request overtakes a large one, and no stream of small
# ones can keep a large one from a quarter of the batches.
TURN_OF_THE_OLDEST = 4

# Weight of the latest batch in the mean speed.
_FRESH = 0.2


class RowScorer(Protocol):
    """The part of an `Engine` that the scheduler uses."""

    @property
    def batch_tokens(self) -> int:
        """Most tokens of a batch, padding by its weight; see `Engine.batch_tokens`."""

    @property
    def padding_weight(self) -> float:
        """What padding counts for; see `Backend.padding_weight`."""

    def score(self, rows: Sequence[Row]) -> ScoredRows:
        """Return the logits of rows in their order; see `Engine.score`."""


class Observer(Protocol):
    """Receives the size and time of each batch, for metrics."""

    def batch(self, *, rows: int, tokens: int, budget: int, seconds: float) -> None:
        """Take a batch: its rows, their tokens as `BatchSize` counts them, and the budget."""


class RequestOutcome(NamedTuple):
    """The logits of a request's rows, and the time they took.

    Attributes:
        logits: One a row in the order of the rows, float32 [n]; NaN where `errors` has the reason.
        errors: Why a row has no logit, by its index.
        queue_s: Seconds until the first row was run.
        inference_s: Seconds from then on.
    """

    logits: NDArray[np.float32]
    errors: dict[int, BackendFailed]
    queue_s: float
    inference_s: float


class Scheduler:
    """Runs the rows of requests through one model. Safe to call from any thread."""

    def __init__(self, engine: RowScorer, *, observer: Observer | None = None) -> None:
        """Start the thread.

        Args:
            engine: What runs the rows, and says how many tokens a batch may have; a row that is
                longer is run alone. A batch is also what a small request waits for when a large
                one is in work.
            observer: Called after each batch.
        """
        self._engine = engine
        self._observer = observer
        self._jobs: dict[int, _Job] = {}  # in the order they came
        self._numbers = itertools.count()
        self._change = threading.Condition()
        self._is_closing = False
        self._began: float | None = None
        self._tokens_a_second = 0.0
        # A daemon, so that a model that hangs does not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="jingpai-scheduler", daemon=True)
        self._thread.start()

    def submit(self, rows: Sequence[Row]) -> Future[RequestOutcome]:
        """Queue the rows of a request, at least one; cancelling the future drops those not run.

        The future raises `BackendFailed` where the model could not be run on them.
        """
        future: Future[RequestOutcome] = Future()
        with self._change:
            if self._is_closing:
                future.set_exception(BackendFailed("The server is stopping."))
                return future
            number = next(self._numbers)
            self._jobs[number] = _Job(rows, number=number, future=future)
            self._change.notify()
        future.add_done_callback(lambda _: self._forget(number))
        return future

    @property
    def tokens_a_second(self) -> float:
        """Tokens of text a second in the last batches at least half full; 0 before the first."""
        return self._tokens_a_second

    @property
    def busy_s(self) -> float:
        """Seconds since the batch that is running began; 0 where none is."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def close(self) -> None:
        """Fail what waits, and end the thread after the batch that is running."""
        with self._change:
            self._is_closing = True
            waiting = list(self._jobs.values())
            self._change.notify()
        for job in waiting:
            job.fail(BackendFailed("The server is stopping."))

    def _forget(self, number: int) -> None:
        with self._change:
            self._jobs.pop(number, None)

    def _work(self) -> None:
        for turn in itertools.count():
            with self._change:
                self._change.wait_for(lambda: self._jobs or self._is_closing)
                if self._is_closing:
                    return
                parts = self._next_batch(is_turn_of_oldest=turn % TURN_OF_THE_OLDEST == 0)
            self._run(parts)

    def _next_batch(self, *, is_turn_of_oldest: bool) -> list[_Part]:
        """Take the rows of the next batch out of the jobs."""
        order = sorted(self._jobs.values(), key=lambda job: (job.tokens, job.number))
        if is_turn_of_oldest:
            oldest = next(iter(self._jobs.values()))
            order.remove(oldest)
            order.insert(0, oldest)
        longest = order[0].lengths[-1]
        weight, budget = self._engine.padding_weight, self._engine.batch_tokens
        size = BatchSize(padding_weight=weight)
        parts = []
        for job in order:
            shortest = shortest_worth_padding(
                longest,
                padding_weight=weight,
                most_waste=_MOST_WASTE_OF_FIRST if job is order[0] else _MOST_WASTE,
            )
            places = job.take(size, budget=budget, shortest=shortest, longest=longest)
            if places:
                parts.append(_Part(job, places))
            if not size.fits(max(1, shortest), budget=budget):
                break
        for part in parts:
            if not part.job.lengths:  # all of its rows are in this batch
                self._jobs.pop(part.job.number)
        return parts

    def _run(self, parts: list[_Part]) -> None:
        """Run a batch, and give each job its part of the answer."""
        rows = [part.job.rows[place] for part in parts for place in part.places]
        began = self._began = time.monotonic()
        try:
            scored = self._engine.score(rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread must go on
            if len(parts) > 1:
                # One request's rows may be to blame; the others must not fail with it.
                for part in parts:
                    self._run([part])
                return
            parts[0].job.fail(_reported(error))
            self._began = None
            return
        seconds = time.monotonic() - began
        self._began = None
        self._measure(rows, seconds=seconds)
        first = 0
        for part in parts:
            last = first + len(part.places)
            errors = {i - first: e for i, e in scored.errors.items() if first <= i < last}
            part.job.keep(part.places, scored.logits[first:last], errors=errors, began=began)
            first = last

    def _measure(self, rows: Sequence[Row], *, seconds: float) -> None:
        lengths = [len(row.ids) for row in rows]
        tokens = BatchSize(lengths, padding_weight=self._engine.padding_weight).tokens
        # A batch that is nearly empty says little about those of a server under load.
        budget = self._engine.batch_tokens
        if 2 * tokens >= budget:
            # Of text alone, as what waits in the queue is counted.
            speed = sum(lengths) / max(seconds, 1e-6)
            last = self._tokens_a_second or speed
            self._tokens_a_second = (1 - _FRESH) * last + _FRESH * speed
        if self._observer is not None:
            self._observer.batch(rows=len(rows), tokens=tokens, budget=budget, seconds=seconds)


class _Job:
    """The rows of one request: which of them wait, and the logits of the others."""

    def __init__(self, rows: Sequence[Row], *, number: int, future: Future[RequestOutcome]) -> None:
        self.rows = rows
        self.number = number
        self._future = future
        self._answering = threading.Lock()
        self._is_answered = False
        # Those that wait, the longest last.
        self._places = sorted(range(len(rows)), key=lambda place: len(rows[place].ids))
        self.lengths = [len(rows[place].ids) for place in self._places]
        self.tokens = sum(self.lengths)
        self._logits = np.full(len(rows), np.nan, dtype=np.float32)
        self._errors: dict[int, BackendFailed] = {}
        self._missing = len(rows)
        self._submitted = time.monotonic()
        self._began: float | None = None

    def take(self, size: BatchSize, *, budget: int, shortest: int, longest: int) -> list[int]:
        """Take rows out for a batch while they fit, the longest of those between two lengths."""
        first = last = bisect_right(self.lengths, longest)
        while (
            first
            and self.lengths[first - 1] >= shortest
            and size.fits(self.lengths[first - 1], budget=budget)
        ):
            first -= 1
            size.add(self.lengths[first])
        places = self._places[first:last]
        self.tokens -= sum(self.lengths[first:last])
        del self._places[first:last], self.lengths[first:last]
        return places

    def keep(
        self,
        places: list[int],
        logits: NDArray[np.float32],
        *,
        errors: dict[int, BackendFailed],
        began: float,
    ) -> None:
        """Remember the logits of some rows; with the last of them the request is answered."""
        self._began = began if self._began is None else self._began
        self._logits[places] = logits
        self._errors |= {places[index]: error for index, error in errors.items()}
        self._missing -= len(places)
        if not self._missing and self._may_answer():
            queue_s = self._began - self._submitted
            inference_s = time.monotonic() - self._began
            self._future.set_result(
                RequestOutcome(self._logits, self._errors, queue_s, inference_s)
            )

    def fail(self, error: BackendFailed) -> None:
        """Answer with an error, unless the request is answered or cancelled."""
        if self._may_answer():
            self._future.set_exception(error)

    def _may_answer(self) -> bool:
        """Whether the request still waits for an answer; True for the first caller only."""
        with self._answering:
            is_first, self._is_answered = not self._is_answered, True
        return is_first and self._future.set_running_or_notify_cancel()


class _Part(NamedTuple):
    """What one job has in a batch."""

    job: _Job
    places: list[int]


def _reported(error: Exception) -> BackendFailed:
    """Return the error for the requests of a failed batch; details go to the log."""
    if isinstance(error, BackendFailed):
        _log.error("the model failed on a batch: %s", error)
        return error
    _log.error("the model failed on a batch", exc_info=error)
    return BackendFailed("The model failed on this request; the server's log says why.")
