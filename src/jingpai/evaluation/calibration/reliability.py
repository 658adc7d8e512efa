"""Does a score of 0.8 mean 8 in 10? Bins, and how far they are off on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 10
_DRAWS = 1000


class Bin(NamedTuple):
    """Pairs of similar score: how many, what the scores say, and what is so."""

    pairs: int
    score: float
    relevant: float


class Reliability(NamedTuple):
    """How well probabilities are kept.

    Attributes:
        error: The expected calibration error: how far the bins are off, weighed by their pairs.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        bins: From the lowest scores to the highest.
    """

    error: float
    low: float
    high: float
    bins: tuple[Bin, ...]


def reliability(
    scores: NDArray[np.float64], relevant: NDArray[np.int64], *, queries: NDArray[np.int64]
) -> Reliability:
    """Compare probabilities with what is so, in bins of equally many pairs.

    The interval is a bootstrap over queries, for the pairs of a query are no independent ones. A
    finite sample is off by chance alone, so even perfect probabilities have an error above 0.

    Args:
        scores: One a pair.
        relevant: 0 or 1.
        queries: Which query a pair belongs to.
    """
    place = _bins(scores)
    names, own = np.unique(queries, return_inverse=True)
    # For each query and bin: how many pairs, what their scores add up to, and what is so.
    pairs, promised, found = (
        _added_up(values, own, place, rows=len(names))
        for values in (np.ones(len(scores)), scores, relevant)
    )
    drawn = np.random.default_rng(0).multinomial(
        len(names), np.full(len(names), 1 / len(names)), size=_DRAWS
    )
    once = np.ones((1, len(names)))
    error, errors = (
        np.abs(times @ promised - times @ found).sum(axis=1) / (times @ pairs).sum(axis=1)
        for times in (once, drawn)
    )
    # A sample of a sample is off by a little more than the sample is, and so may be the low end.
    low, high = np.percentile(errors, [2.5, 97.5])
    bins = [
        Bin(int(count), float(score / count), float(right / count))
        for count, score, right in zip(
            pairs.sum(axis=0), promised.sum(axis=0), found.sum(axis=0), strict=True
        )
        if count
    ]
    return Reliability(float(error[0]), min(float(low), float(error[0])), float(high), tuple(bins))


def _bins(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which bin each score belongs to; each bin gets equally many."""
    # Equal scores come in a random order: that of the file may have the relevant ones first.
    chance = np.random.default_rng(0).random(len(scores))
    place = np.empty(len(scores), np.int64)
    place[np.lexsort((chance, scores))] = np.arange(len(scores)) * _BINS // len(scores)
    return place


def _added_up(
    values: NDArray[np.float64] | NDArray[np.int64],
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    *,
    rows: int,
) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = np.bincount(
        row * _BINS + column, weights=values, minlength=rows * _BINS
    ).astype(np.float64)
    return flat.reshape(rows, _BINS)
