"""Requests from several threads, and what is made of their times."""

from __future__ import annotations

import threading

import pytest

from jingpai.bench.measure import LEAST_REQUESTS, Timing, measure
from jingpai.errors import BackendFailed


def test_the_least_requests_are_made_even_without_time():
    numbers: list[int] = []
    timing = measure(numbers.append, concurrency=1, seconds=1e-9)
    assert len(timing.latencies_s) == LEAST_REQUESTS
    assert numbers == [0, *range(LEAST_REQUESTS)]  # the first warms up
    assert not timing.is_interrupted
    assert timing.seconds >= sum(timing.latencies_s)


def test_requests_come_from_as_many_threads_at_once_as_asked_for():
    everyone = threading.Barrier(4)
    numbers = []

    def request(number: int) -> None:
        everyone.wait(timeout=60)
        numbers.append(number)

    timing = measure(request, concurrency=4, seconds=1e-9)
    assert len(timing.latencies_s) == 4
    assert sorted(numbers) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_an_interruption_keeps_what_was_measured():
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    pause = threading.Event()
    timing = measure(lambda _: pause.wait(0.01), concurrency=2, seconds=3600, elapsed=interrupt)
    assert timing.is_interrupted
    assert len(timing.latencies_s) >= 2


@pytest.mark.parametrize("good_requests", [0, 5])
def test_what_a_request_raises_ends_the_measurement(good_requests):
    def request(number: int) -> None:
        if number >= good_requests:
            raise BackendFailed("no more")

    with pytest.raises(BackendFailed, match="no more"):
        measure(request, concurrency=2, seconds=3600)


def test_percentiles_are_those_of_the_nearest_rank():
    timing = Timing(tuple(float(value) for value in range(10, 0, -1)), seconds=1)
    assert [timing.latency_s(percent) for percent in (0, 50, 90, 99, 100)] == [1, 5, 9, 10, 10]
    assert Timing((0.5,), seconds=1).latency_s(99) == 0.5
