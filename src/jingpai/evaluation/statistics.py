"""How sure a mean over queries is, by scipy: intervals and a paired test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Both are drawn from a fixed seed: the same data give the same numbers.
_DRAWS = 10_000

# Numbers drawn at once, so that memory does not grow with the queries.
_NUMBERS_AT_ONCE = 2_000_000


class Mean(NamedTuple):
    """A mean over queries and its 95 % interval."""

    mean: float
    low: float
    high: float


class Gain(NamedTuple):
    """A mean difference, its 95 % interval, and how often chance alone makes one as large."""

    mean: float
    low: float
    high: float
    p: float


def mean_of(values: NDArray[np.float64]) -> Mean:
    """Return the mean of values with its interval, by the percentile bootstrap over queries.

    A single query has no interval: both ends are NaN.
    """
    from scipy import stats

    if len(values) < 2:
        return Mean(float(values.mean()), np.nan, np.nan)
    # Percentiles, since the corrected kinds (BCa) have no answer where all values are equal.
    interval = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=_DRAWS,
        batch=_batch(values),
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Mean(float(values.mean()), float(interval.low), float(interval.high))


def gain_of(before: NDArray[np.float64], after: NDArray[np.float64]) -> Gain:
    """Return what the same queries gained, with a paired randomisation test on both sides.

    The test asks how often a difference as large comes of swapping before and after at random in
    each query; it assumes nothing of how the values are spread.
    """
    from scipy import stats

    mean, low, high = mean_of(after - before)
    if len(after) < 2 or not (after != before).any():
        return Gain(mean, low, high, 1.0)
    test = stats.permutation_test(
        (after, before),
        _mean_difference,
        permutation_type="samples",
        n_resamples=_DRAWS,
        batch=_batch(after),
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return Gain(mean, low, high, float(test.pvalue))


def _batch(values: NDArray[np.float64]) -> int:
    return max(1, _NUMBERS_AT_ONCE // len(values))


def _mean_difference(
    after: NDArray[np.float64], before: NDArray[np.float64], axis: int
) -> NDArray[np.float64]:
    difference: NDArray[np.float64] = np.mean(after - before, axis=axis)
    return difference
