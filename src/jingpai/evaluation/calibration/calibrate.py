"""A calibration from labelled pairs, by scikit-learn; needs the extra `calibrate`.

Its error is measured on pairs that had no part in it: they are split into folds by query, and each
fold is judged by what the others teach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jingpai.errors import InvalidInput
from jingpai.evaluation.calibration.reliability import Reliability, reliability
from jingpai.evaluation.calibration.threshold import Fold, Goal, Threshold, find_threshold
from jingpai.extras import needing
from jingpai.scores.calibration import Calibration, Isotonic, Logistic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.evaluation.calibration.scored_pairs import ScoredPairs
    from jingpai.scores.calibration import Method

_FOLDS = 5

# Of each label, relevant and not. A line has two numbers to find, a free curve very many.
LEAST_LABELS: dict[Method, int] = {"logistic": 30, "isotonic": 200}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, and how good it is on pairs that it has not seen.

    Attributes:
        calibration: For the file.
        before: How well the sigmoid scores are kept.
        after: How well the calibrated ones are.
        thresholds: One for each goal.
    """

    calibration: Calibration
    before: Reliability
    after: Reliability
    thresholds: tuple[Threshold, ...]


def require_scikit_learn() -> None:
    """Make sure that a curve can be fitted, before long work is done for it.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    with needing("calibrate", what="calibrate", packages="scikit-learn"):
        import sklearn  # noqa: F401 - an extra


def calibrate(
    pairs: ScoredPairs,
    *,
    model: str,
    fingerprint: str,
    method: Method = "logistic",
    goals: Sequence[Goal] = (),
    facts: dict[str, Any] | None = None,
) -> Calibrated:
    """Find the curve from logits to probabilities, and how well it holds.

    Args:
        pairs: Labelled and scored; probabilities hold for pairs that are met in the same way.
        model: Name of the model.
        fingerprint: What tells it from all others.
        method: `logistic` is Platt's curve; `isotonic` any rising one, for many labels.
        goals: What thresholds shall reach.
        facts: What else the file shall say.

    Raises:
        InvalidInput: There are too few labels.
        MissingExtra: scikit-learn is not installed.
    """
    require_scikit_learn()
    _check_labels(pairs, method)
    fit = _isotonic if method == "isotonic" else _logistic
    curve = fit(pairs)
    folds = [Fold(seen, unseen, fit(seen)) for seen, unseen in _split(pairs)]
    before, after = _before_and_after(folds)
    thresholds = tuple(find_threshold(pairs, goal, curve=curve, folds=folds) for goal in goals)
    known = {
        **(facts or {}),
        "pairs": len(pairs.logits),
        "relevant": int(pairs.relevant.sum()),
        "queries": len(np.unique(pairs.queries)),
        "calibration_error": {"value": after.error, "low": after.low, "high": after.high},
        "thresholds": [threshold.as_json() for threshold in thresholds],
    }
    return Calibrated(Calibration(model, fingerprint, curve, known), before, after, thresholds)


def _check_labels(pairs: ScoredPairs, method: Method) -> None:
    least = LEAST_LABELS[method]
    relevant = int(pairs.relevant.sum())
    found = {"relevant": relevant, "not relevant": len(pairs.relevant) - relevant}
    for name, number in found.items():
        if number < least:
            other = ""
            if method == "isotonic" and min(found.values()) >= LEAST_LABELS["logistic"]:
                other = "; for these, --method logistic will do"
            raise InvalidInput(
                f"pairs: {number} of {len(pairs.relevant)} are {name}, and {method} calibration"
                f" needs at least {least} that are and {least} that are not relevant{other}."
            )
    for label, name in ((1, "relevant"), (0, "not relevant")):
        queries = len(np.unique(pairs.queries[pairs.relevant == label]))
        if queries < 2 * _FOLDS:
            raise InvalidInput(
                f"pairs: those that are {name} are of {queries} queries; at least {2 * _FOLDS} are"
                " needed, for what one query teaches says little of others."
            )


def _isotonic(pairs: ScoredPairs) -> Isotonic:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0, y_max=1).fit(pairs.logits, pairs.relevant)
    return Isotonic(tuple(model.X_thresholds_.tolist()), tuple(model.y_thresholds_.tolist()))


def _logistic(pairs: ScoredPairs) -> Logistic:
    from sklearn.linear_model import LogisticRegression

    # Platt's targets: not 1 and 0, but as sure as so many labels allow. Without them the line
    # becomes a cliff where the labels can be parted without an error.
    number, positives = len(pairs.relevant), int(pairs.relevant.sum())
    targets = np.where(
        pairs.relevant == 1, (positives + 1) / (positives + 2), 1 / (number - positives + 2)
    )
    line = LogisticRegression(C=1e10).fit(
        np.concatenate([pairs.logits, pairs.logits])[:, None],
        np.repeat([1, 0], number),
        sample_weight=np.concatenate([targets, 1 - targets]),
    )
    return Logistic(float(line.coef_[0, 0]), float(line.intercept_[0]))


def _split(pairs: ScoredPairs) -> Iterator[tuple[ScoredPairs, ScoredPairs]]:
    """Yield the pairs of most queries, and those of the others."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0)
    for seen, unseen in splitter.split(pairs.logits, pairs.relevant, groups=pairs.queries):
        yield pairs.take(seen), pairs.take(unseen)


def _before_and_after(folds: Sequence[Fold]) -> tuple[Reliability, Reliability]:
    """Return how well sigmoid scores are kept, and calibrated ones, on unseen pairs."""
    relevant = np.concatenate([fold.unseen.relevant for fold in folds])
    queries = np.concatenate([fold.unseen.queries for fold in folds])
    sigmoid = Logistic(slope=1.0, intercept=0.0)
    before = np.concatenate([sigmoid(fold.unseen.logits) for fold in folds])
    after = np.concatenate([fold.curve(fold.unseen.logits) for fold in folds])
    return (
        reliability(before, relevant, queries=queries),
        reliability(after, relevant, queries=queries),
    )
