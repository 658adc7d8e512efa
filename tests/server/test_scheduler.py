from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, wait

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.running import wait_until

from jingpai.engine.scored_rows import ScoredRows
from jingpai.errors import BackendFailed
from jingpai.server.scheduler import Scheduler
from jingpai.tokens.batching import plan_batches
from jingpai.tokens.tokenizer import Row


class GatedScorer:
    """The logit of a row is its first id. Batches wait at a gate, and are noted as they come."""

    batch_tokens = 40
    padding_weight = 1.0

    def __init__(self, *, is_open: bool = True, poison: int = -1, error: Exception | None = None):
        self.gate = threading.Semaphore(10**9 if is_open else 0)
        self.batches: list[list[int]] = []
        self.poison = poison
        self.error = error

    def score(self, rows: Sequence[Row]) -> ScoredRows:
        self.batches.append([row.ids[0] for row in rows])
        self.gate.acquire()
        if any(row.ids[0] == self.poison for row in rows):
            raise self.error or ValueError(self.poison)
        logits = np.array([row.ids[0] for row in rows], dtype=np.float32)
        return ScoredRows(logits, {})


def row(number: int, length: int = 10) -> Row:
    return Row((number,) * length, 3, 0, 0)


@pytest.fixture
def schedule():
    made = []

    def make(scorer, *, batch_tokens: int = 40, padding_weight: float = 1.0) -> Scheduler:
        scorer.batch_tokens = batch_tokens
        scorer.padding_weight = padding_weight
        scheduler = Scheduler(scorer)
        made.append((scheduler, scorer))
        return scheduler

    yield make
    for scheduler, scorer in made:
        scheduler.close()
        scorer.gate.release(10**6)


def test_each_request_gets_its_own_logits_in_the_order_of_its_rows(schedule):
    scheduler = schedule(GatedScorer())
    lengths = [3, 40, 7, 7, 22, 100, 1]
    requests = [
        [row(100 * n + place, length) for place, length in enumerate(lengths)] for n in range(20)
    ]
    futures = [scheduler.submit(rows) for rows in requests]
    for rows, future in zip(requests, futures, strict=True):
        outcome = future.result(timeout=60)
        assert outcome.logits.tolist() == [row.ids[0] for row in rows]
        assert not outcome.errors


def test_rows_of_several_requests_share_a_batch(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    first = scheduler.submit([row(0)])
    wait_until(lambda: scorer.batches == [[0]])
    others = [scheduler.submit([row(n), row(n)]) for n in (1, 2)]
    scorer.gate.release(100)
    wait([first, *others], timeout=60)
    assert scorer.batches[1:] == [[1, 1, 2, 2]]


def test_no_batch_is_over_the_budget_and_a_longer_row_runs_alone(schedule):
    scorer = GatedScorer()
    scheduler = schedule(scorer, batch_tokens=40)
    rows = [row(length, length) for length in (90, 41, 40, 20, 20, 19, 5, 5, 5, 1)]
    scheduler.submit(rows).result(timeout=60)
    assert sorted(itertools.chain(*scorer.batches)) == sorted(row.ids[0] for row in rows)
    for batch in scorer.batches:
        assert len(batch) == 1 or len(batch) * max(batch) <= 40


def test_a_short_row_does_not_join_a_batch_of_long_ones(schedule):
    scorer = GatedScorer()
    scheduler = schedule(scorer, batch_tokens=1000)
    scheduler.submit([row(100, 100), row(90, 90), row(10, 10)]).result(timeout=60)
    assert scorer.batches == [[90, 100], [10]]


def test_the_request_that_a_batch_begins_with_may_have_rows_of_other_lengths_in_it(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer, batch_tokens=1000)
    first = scheduler.submit([row(0)])
    wait_until(lambda: scorer.batches == [[0]])
    leads = scheduler.submit([row(100, 100), row(60, 60), row(40, 40)])
    joins = scheduler.submit([row(101, 100), row(90, 90), row(61, 60)])
    scorer.gate.release(100)
    wait([first, leads, joins], timeout=60)
    assert scorer.batches[1:] == [[60, 100, 90, 101], [40], [61]]


def test_where_padding_counts_little_rows_of_other_requests_join_whatever_their_length(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer, batch_tokens=200, padding_weight=0.01)
    first = scheduler.submit([row(0)])
    wait_until(lambda: scorer.batches == [[0]])
    small, large = scheduler.submit([row(100, 100)]), scheduler.submit([row(20, 20)] * 10)
    scorer.gate.release(100)
    wait([first, small, large], timeout=60)
    assert scorer.batches[1:] == [[100] + [20] * 4, [20] * 6]


@given(
    st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=20), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.01, 0.3, 1.0]),
)
@settings(max_examples=30, deadline=None)
def test_a_batch_of_the_scheduler_is_one_of_the_engine(requests, padding_weight):
    scorer = GatedScorer()
    scorer.batch_tokens, scorer.padding_weight = 640, padding_weight
    scheduler = Scheduler(scorer)
    try:
        futures = [scheduler.submit([row(n, n) for n in lengths]) for lengths in requests]
        wait(futures, timeout=60)
    finally:
        scheduler.close()
    assert sorted(itertools.chain(*scorer.batches)) == sorted(itertools.chain(*requests))
    for batch in scorer.batches:
        assert len(plan_batches(batch, budget=640, padding_weight=padding_weight)) == 1


def test_a_small_request_overtakes_a_large_one(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    large = scheduler.submit([row(1)] * 400)
    wait_until(lambda: len(scorer.batches) == 1)
    small = scheduler.submit([row(2)] * 4)
    scorer.gate.release(3)
    small.result(timeout=60)
    assert not large.done()
    scorer.gate.release(1000)
    assert len(large.result(timeout=60).logits) == 400


def test_small_requests_leave_a_large_one_a_quarter_of_the_batches(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    large = scheduler.submit([row(1)] * 40)
    small = [scheduler.submit([row(2)] * 4) for _ in range(200)]
    scorer.gate.release(1000)
    wait([large, *small], timeout=60)
    of_the_large = [place for place, batch in enumerate(scorer.batches) if 1 in batch]
    assert len(of_the_large) == 10
    assert of_the_large[-1] <= 40


def test_rows_of_a_request_that_was_given_up_are_not_run(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    first = scheduler.submit([row(1)])
    wait_until(lambda: len(scorer.batches) == 1)
    gone, stays = scheduler.submit([row(2)] * 400), scheduler.submit([row(3)])
    gone.cancel()
    scorer.gate.release(1000)
    wait([first, stays], timeout=60)
    assert scorer.batches == [[1], [3]]
    with pytest.raises(CancelledError):
        gone.result()


def test_a_request_that_is_given_up_halfway_does_not_disturb_the_others(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    gone = scheduler.submit([row(1)] * 400)
    wait_until(lambda: len(scorer.batches) == 1)
    gone.cancel()
    stays = scheduler.submit([row(3)])
    scorer.gate.release(1000)
    assert stays.result(timeout=60).logits.tolist() == [3]
    assert len(scorer.batches) == 2


@pytest.mark.parametrize("error", [BackendFailed("broken"), RuntimeError("a bug")])
def test_a_failure_fails_the_request_that_is_to_blame_and_no_other(schedule, error, caplog):
    scorer = GatedScorer(is_open=False, poison=666, error=error)
    scheduler = schedule(scorer)
    first = scheduler.submit([row(1)])
    wait_until(lambda: len(scorer.batches) == 1)
    good, bad = scheduler.submit([row(2)]), scheduler.submit([row(666), row(4)])
    scorer.gate.release(1000)
    assert first.result(timeout=60).logits.tolist() == [1]
    assert good.result(timeout=60).logits.tolist() == [2]
    with pytest.raises(BackendFailed):
        bad.result(timeout=60)
    assert "the model failed on a batch" in caplog.text
    assert scheduler.submit([row(5)]).result(timeout=60).logits.tolist() == [5]


def test_what_a_bug_says_goes_to_the_log_and_not_to_the_client(schedule, caplog):
    scorer = GatedScorer(poison=666, error=RuntimeError("/home/someone/model.onnx"))
    future = schedule(scorer).submit([row(666)])
    with pytest.raises(BackendFailed) as caught:
        future.result(timeout=60)
    assert "/home" not in str(caught.value)
    assert "/home/someone/model.onnx" in caplog.text


def test_closing_fails_what_waits_and_what_comes_later(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    waiting = [scheduler.submit([row(n)] * 400) for n in range(3)]
    scheduler.close()
    for future in [*waiting, scheduler.submit([row(9)])]:
        with pytest.raises(BackendFailed, match="stopping"):
            future.result(timeout=60)


def test_a_batch_that_hangs_is_seen(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer)
    assert scheduler.busy_s == 0
    future = scheduler.submit([row(1)] * 2)
    wait_until(lambda: scheduler.busy_s > 0)
    scorer.gate.release()
    future.result(timeout=60)
    wait_until(lambda: scheduler.busy_s == 0)


def test_the_speed_is_that_of_batches_that_have_something_to_do(schedule):
    scheduler = schedule(GatedScorer(), batch_tokens=40)
    scheduler.submit([row(1)]).result(timeout=60)
    assert scheduler.tokens_a_second == 0
    scheduler.submit([row(1)] * 2).result(timeout=60)
    wait_until(lambda: scheduler.tokens_a_second > 0)


def test_the_speed_counts_text_and_no_padding(schedule):
    scorer = GatedScorer(is_open=False)
    scheduler = schedule(scorer, batch_tokens=40)
    future = scheduler.submit([row(1, 20), row(2, 10)])
    wait_until(lambda: scorer.batches == [[2, 1]])
    time.sleep(0.05)
    scorer.gate.release()
    future.result(timeout=60)
    wait_until(lambda: scheduler.tokens_a_second > 0)
    # The batch has 30 tokens of text and 10 of padding, and took no less than this time.
    assert scheduler.tokens_a_second <= 30 / 0.05
