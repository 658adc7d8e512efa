from __future__ import annotations

import pytest

from jingpai.server.admission import Admission
from jingpai.server.problems import Problem


class Heard:
    def __init__(self) -> None:
        self.queue_sizes: list[tuple[int, int]] = []

    def queue(self, *, requests: int, tokens: int) -> None:
        self.queue_sizes.append((requests, tokens))


def admission(*, max_requests: int = 10, max_tokens: int = 1000, speed: float = 100.0, **settings):
    return Admission(
        max_requests=max_requests,
        max_tokens=max_tokens,
        speed=lambda: speed,
        **{"max_seconds": 10**6, **settings},
    )


def test_requests_are_let_in_until_the_queue_is_full():
    gate = admission()
    with gate.admit(600), gate.admit(400):
        with pytest.raises(Problem) as caught:
            gate.admit(1)
        assert (caught.value.kind, caught.value.status) == ("overloaded", 429)
    with gate.admit(1000):
        pass


def test_a_request_larger_than_the_queue_is_let_in_when_it_is_alone():
    gate = admission()
    with gate.admit(50_000), pytest.raises(Problem):
        gate.admit(1)


def test_no_more_is_let_in_than_can_be_done_in_time():
    gate = admission(speed=100.0, max_seconds=5)
    with gate.admit(300), pytest.raises(Problem, match="500 tokens are allowed"):
        gate.admit(201)
    with gate.admit(300), gate.admit(200):
        pass
    with admission(speed=0, max_seconds=5).admit(1000):
        pass  # nothing is known of the speed yet


def test_the_number_of_requests_is_limited_too():
    gate = admission(max_requests=2)
    with gate.admit(1), gate.admit(1), pytest.raises(Problem):
        gate.admit(1)


def test_the_wait_is_that_for_half_of_what_is_in_work():
    for held, speed, seconds in ((1000, 100.0, 5), (1000, 10**6, 1), (1000, 0.1, 60), (1000, 0, 1)):
        gate = admission(speed=speed)
        with gate.admit(held), pytest.raises(Problem) as caught:
            gate.admit(1)
        assert caught.value.retry_after == seconds


def test_a_guess_that_was_too_low_is_found_out():
    gate = admission()
    with gate.admit(500), gate.admit(100) as place:
        place.correct(500)
        with pytest.raises(Problem):
            place.correct(501)
        place.correct(10)
        with gate.admit(490):
            pass


def test_a_guess_that_was_too_low_is_no_matter_for_a_request_that_is_alone():
    gate = admission()
    with gate.admit(10) as place:
        place.correct(99_999)


def test_whoever_watches_hears_of_every_change():
    heard = Heard()
    gate = admission(observer=heard)
    with pytest.raises(ZeroDivisionError), gate.admit(5) as place:
        place.correct(7)
        raise ZeroDivisionError
    assert heard.queue_sizes == [(1, 5), (1, 7), (0, 0)]
