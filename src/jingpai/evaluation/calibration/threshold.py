"""From which score on is enough of it right? A threshold, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from jingpai.scores.calibration import Isotonic, Logistic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from jingpai.evaluation.calibration.scored_pairs import ScoredPairs

Curve: TypeAlias = Logistic | Isotonic


class Fold(NamedTuple):
    """A part of the pairs, all others, and the curve that the others have taught."""

    seen: ScoredPairs
    unseen: ScoredPairs
    curve: Curve


# A threshold is promised if what it reaches is, with 95 % confidence, no further below the goal.
_MARGIN = 0.1


class Goal(NamedTuple):
    """What a threshold shall reach.

    Attributes:
        measure: `precision` is the share of relevant pairs among those from the threshold on,
            `recall` the share of those among the relevant ones.
        value: Above 0, up to 1.
    """

    measure: Literal["precision", "recall"]
    value: float


class Share(NamedTuple):
    """A share with its 95 % interval (Clopper and Pearson)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold for a goal.

    Attributes:
        goal: What it is to reach.
        score: From this calibrated score on; None where none reaches the goal, or too few labels
            stand behind it.
        precision: What it reaches.
        recall: The same.
        pairs_needed: Where too few labels stand behind it, about so many would do.
    """

    goal: Goal
    score: float | None
    precision: Share
    recall: Share
    pairs_needed: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the threshold as the file holds it."""
        return {
            "for": self.goal.measure,
            "wanted": self.goal.value,
            "score": self.score,
            "precision": self.precision._asdict(),
            "recall": self.recall._asdict(),
            "pairs_needed": self.pairs_needed,
        }


def find_threshold(
    pairs: ScoredPairs, goal: Goal, *, curve: Curve, folds: Iterable[Fold]
) -> Threshold:
    """Return the best threshold for a goal, or how many pairs it would take to be sure of one.

    A threshold does best on the very pairs that it was chosen on. So what it reaches is measured on
    pairs that had no part in it, fold by fold, and the interval covers those of both ways.

    Args:
        pairs: Labelled and scored.
        goal: What it is to reach.
        curve: Made from all pairs.
        folds: Parts of the pairs, each with the curve that the others have taught.
    """
    scores = curve(pairs.logits)
    score = _choose(scores, pairs.relevant, goal)
    own = _Counts.of(scores, pairs.relevant, score)
    others = _Counts(0, 0, 0)
    for seen, unseen, taught in folds:
        threshold = _choose(taught(seen.logits), seen.relevant, goal)
        others = others.plus(_Counts.of(taught(unseen.logits), unseen.relevant, threshold))
    precision = _share((others.right, others.passed), (own.right, own.passed))
    recall = _share((others.right, others.relevant), (own.right, own.relevant))
    low = precision.low if goal.measure == "precision" else recall.low
    if not math.isfinite(score):
        return Threshold(goal, None, precision, recall, None)
    if low >= goal.value - _MARGIN:
        return Threshold(goal, score, precision, recall, None)
    # An interval shrinks with the root of the number of pairs.
    needed = math.ceil(len(scores) * ((goal.value - low) / _MARGIN) ** 2)
    return Threshold(goal, None, precision, recall, needed)


class _Counts(NamedTuple):
    right: int
    passed: int
    relevant: int

    @classmethod
    def of(
        cls, scores: NDArray[np.float64], relevant: NDArray[np.int64], threshold: float
    ) -> _Counts:
        passed = scores >= threshold
        return cls(int(relevant[passed].sum()), int(passed.sum()), int(relevant.sum()))

    def plus(self, other: _Counts) -> _Counts:
        return _Counts(*(one + more for one, more in zip(self, other, strict=True)))


def _choose(scores: NDArray[np.float64], relevant: NDArray[np.int64], goal: Goal) -> float:
    """Return the best score to start from; infinity where none will do.

    For precision it is the lowest that is precise enough, for recall the highest that misses no
    more than it may.
    """
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(relevant[order])
    whole = np.arange(len(order)) + 1 if goal.measure == "precision" else max(right[-1], 1)
    # Of equal scores all pass, so only the last one of them is a place to cut.
    is_last = np.append(np.diff(scores[order]) != 0, True)
    places = np.flatnonzero((right / whole >= goal.value) & is_last)
    if not len(places):
        return math.inf
    place = places[-1] if goal.measure == "precision" else places[0]
    return float(scores[order][place])


def _share(others: tuple[int, int], own: tuple[int, int]) -> Share:
    """Return the share among pairs that had no part in it, with an interval around both."""
    from scipy import stats

    if not others[1] or not own[1]:
        return Share(0.0, 0.0, 1.0)
    exact = [stats.binomtest(*counts).proportion_ci(method="exact") for counts in (others, own)]
    low, high = min(interval.low for interval in exact), max(interval.high for interval in exact)
    return Share(others[0] / others[1], float(low), float(high))
