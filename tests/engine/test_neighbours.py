"""How far a pair's score may move with what else is in the call."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from jingpai import Reranker
from recipe.places import WRITTEN
from recipe.records import read_records

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A float32 sum over a row that is padded further rounds in another place. Where that pushes an
# activation over the edge between two integers, the rest of the network sees another number.
BOUND = 0.05
PAIRS = 1000


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    rng = random.Random(9)
    groups = [
        group
        for path in sorted((WRITTEN / "groups").glob("*.jsonl"))
        for group in read_records(path)
    ]
    found = []
    for group in rng.sample(groups, PAIRS):
        texts = [passage["text"] for passage in (*group["answers"], *group["wrong"])]
        found.append((group["query"], rng.choice(texts)))
    return found


def scores(pairs: list[tuple[str, str]], *, threads: int, at_once: int) -> NDArray[np.float64]:
    with Reranker(threads=threads, scale="logit") as reranker:
        found: list[float] = []
        for first in range(0, len(pairs), at_once):
            some = pairs[first : first + at_once]
            rows = reranker.score([query for query, _ in some], [[text] for _, text in some])
            found += [logit for row in rows for logit in row]
    return np.array(found)


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [100, pytest.param(PAIRS, marks=pytest.mark.slow)])
def test_a_logit_of_the_bundled_model_hardly_moves_with_its_neighbours(pairs, threads, count):
    some = pairs[:count]
    alone = scores(some, threads=1, at_once=1)
    order = random.Random(threads).sample(range(count), count)
    beside = np.empty(count)
    beside[order] = scores([some[place] for place in order], threads=threads, at_once=count)
    assert np.abs(beside - alone).max() <= BOUND
