"""Which are the best by their scores?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Found(NamedTuple):
    """What a first stage found for a query, best first.

    Attributes:
        places: Which documents of the corpus.
        scores: What each of them scores.
    """

    places: NDArray[np.intp]
    scores: NDArray[np.float32]


def find(scores: NDArray[np.float32], *, count: int) -> Found:
    """Return the best of a corpus and their scores; equals in the order they came in."""
    places = best(scores, count=count)
    return Found(places, scores[places])


def best(scores: ArrayLike, *, count: int | None = None) -> NDArray[np.intp]:
    """Return the places of the highest scores, best first; equals keep the order they came in.

    Args:
        scores: One a document; all of them numbers.
        count: How many are wanted; None is all.
    """
    scores = np.asarray(scores)
    if count is None or count >= len(scores):
        return np.argsort(-scores, kind="stable")
    if count < 1:
        return np.empty(0, np.intp)
    # Of a large corpus a few are wanted: only those that can be among them are sorted.
    least = np.partition(scores, -count)[-count]
    places = np.flatnonzero(scores >= least)
    return places[np.argsort(-scores[places], kind="stable")][:count]
