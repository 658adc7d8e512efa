"""The simulated job takes the time that can be worked out by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

pytest.importorskip("simpy", reason="needs the extra `bench`")
pytest.importorskip("pyarrow", reason="needs the extra `batch`")

FOLDER = Path(__file__).parents[2] / "benchmarks" / "cluster"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script, which is in no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(FOLDER), str(FOLDER.parent), *sys.path])
        import simulate

        return simulate


def run(script: ModuleType, *, pairs: int, shard_pairs: int, **cluster: object) -> tuple[Any, ...]:
    plain = {
        "workers": 2,
        "pairs_a_second": 10.0,
        "spread": 0.0,
        "slow_share": 0.0,
        "hours_between_losses": 1e9,
        "open_s": 5.0,
        "dispatch_s": 0.0,
    }
    assumed = replace(script.DEFAULT, **{**plain, **cluster})
    job = script.Job(assumed, pairs=pairs, shard_pairs=shard_pairs, seed=1)
    return job.run(), job


def test_workers_that_are_alike_share_the_shards(script):
    seconds, job = run(script, pairs=4000, shard_pairs=1000)
    assert job.shards == 4
    assert seconds == pytest.approx(2 * (5 + 100))


def test_a_last_shard_is_waited_for(script):
    seconds, job = run(script, pairs=3000, shard_pairs=1000)
    assert seconds == pytest.approx(2 * (5 + 100))
    assert job.seen.first_idle_s == pytest.approx(105)


def test_the_driver_hands_out_one_after_the_other(script):
    seconds, _ = run(script, pairs=2000, shard_pairs=1000, dispatch_s=50.0)
    assert seconds == pytest.approx(2 * 50 + 5 + 100)


def test_shards_are_handed_out_together_where_there_are_too_many(script):
    seconds, _ = run(script, pairs=4000, shard_pairs=100, most_handouts=2)
    assert seconds == pytest.approx(20 * 5 + 200)


def test_what_lost_workers_had_in_hand_is_done_again(script):
    losses = {"hours_between_losses": 0.05, "replacement_s": 60.0}
    seconds, job = run(script, pairs=40_000, shard_pairs=1000, **losses)
    assert job.seen.lost > 0
    assert job.seen.done == 40
    # Two workers' time went into shards that were finished, attempts that were lost, and waiting.
    spent = 40 * 105 + job.seen.wasted_s + job.seen.lost * 60
    assert spent == pytest.approx(2 * seconds, rel=0.1)
