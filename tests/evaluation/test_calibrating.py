"""Calibrations on synthetic pairs whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from jingpai.errors import InvalidInput
from jingpai.evaluation.calibration.calibrate import calibrate
from jingpai.evaluation.calibration.reliability import reliability
from jingpai.evaluation.calibration.scored_pairs import ScoredPairs
from jingpai.evaluation.calibration.threshold import Goal
from jingpai.scores.calibration import Isotonic, Logistic

SLOPE, INTERCEPT = 1.7, -1.0
GOALS = (Goal("precision", 0.9), Goal("recall", 0.95))


def make_pairs(count, *, seed=0):
    """Logits of a model that is too unsure and leans to one side, ten pairs a query."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2.5, count)
    relevant = random.random(count) < Logistic(SLOPE, INTERCEPT)(logits)
    return ScoredPairs(logits, relevant.astype(int), np.arange(count) // 10)


def run(pairs, **settings):
    return calibrate(pairs, model="m", fingerprint="f", **settings)


@pytest.mark.parametrize("method", ["logistic", "isotonic"])
def test_half_of_the_pairs_calibrate_the_other_half(method):
    found = run(make_pairs(1500), method=method, goals=GOALS)
    others = make_pairs(30_000, seed=1)
    scores = found.calibration.curve(others.logits)
    assert reliability(scores, others.relevant, queries=others.queries).error < 0.05
    assert found.before.error > 0.07
    assert found.after.error < 0.05
    assert found.after.low <= found.after.error <= found.after.high
    precise, complete = found.thresholds
    passed = scores >= precise.score
    true = others.relevant[passed].mean()
    assert precise.precision.low <= true <= precise.precision.high
    assert precise.precision.low <= 0.9 <= precise.precision.high
    kept = others.relevant[scores >= complete.score].sum() / others.relevant.sum()
    assert complete.recall.low <= kept <= complete.recall.high


def test_the_line_is_found_again():
    curve = run(make_pairs(8000)).calibration.curve
    assert (curve.slope, curve.intercept) == pytest.approx((SLOPE, INTERCEPT), abs=0.15)


def test_labels_that_a_cut_parts_without_error_give_no_cliff():
    logits = np.linspace(-3, 3, 80)
    pairs = ScoredPairs(logits, (logits > 0).astype(int), np.arange(80))
    assert 0 < run(pairs).calibration.curve(np.array([3.0]))[0] < 1
    assert run(pairs).calibration.curve.slope < 10


def test_stated_intervals_hold_for_nearly_all_samples():
    others = make_pairs(30_000, seed=99)
    held = 0
    for seed in range(12):
        found = run(make_pairs(600, seed=seed), goals=GOALS[:1])
        (threshold,) = found.thresholds
        assert threshold.score is not None
        passed = found.calibration.curve(others.logits) >= threshold.score
        true = others.relevant[passed].mean()
        held += threshold.precision.low <= true <= threshold.precision.high
    assert held >= 10


@pytest.mark.parametrize(
    ("count", "method", "message"),
    [
        (50, "logistic", "at least 30 that are and 30 that are not relevant"),
        (300, "isotonic", "at least 200 .* for these, --method logistic will do"),
    ],
)
def test_too_few_labels_are_refused_with_the_number_needed(count, method, message):
    with pytest.raises(InvalidInput, match=message):
        run(make_pairs(count), method=method)


def test_labels_of_few_queries_are_refused():
    pairs = make_pairs(400)
    with pytest.raises(InvalidInput, match="are of 4 queries; at least 10 are needed"):
        run(ScoredPairs(pairs.logits, pairs.relevant, pairs.queries // 10))


def test_a_threshold_is_not_promised_on_too_few_labels():
    found = run(make_pairs(120), goals=(Goal("precision", 0.95),))
    (threshold,) = found.thresholds
    assert threshold.score is None
    assert threshold.pairs_needed > 120
    # With as many as were asked for, it is.
    (enough,) = run(make_pairs(4 * threshold.pairs_needed), goals=(threshold.goal,)).thresholds
    assert enough.score is not None


def test_a_goal_out_of_reach_is_not_promised_at_all():
    random = np.random.default_rng(0)
    pairs = ScoredPairs(
        random.normal(size=2000), (random.random(2000) < 0.3).astype(int), np.arange(2000) // 10
    )
    (threshold,) = run(pairs, goals=(Goal("precision", 0.9),)).thresholds
    assert threshold.score is None


def test_the_order_of_equal_scores_in_the_file_plays_no_part():
    relevant = np.repeat([1, 0], 500)
    found = reliability(np.full(1000, 0.5), relevant, queries=np.arange(1000))
    assert found.error < 0.05


def test_an_isotonic_curve_rises():
    curve = run(make_pairs(1500), method="isotonic").calibration.curve
    assert isinstance(curve, Isotonic)
    probabilities = curve(np.linspace(-20, 20, 500))
    assert (np.diff(probabilities) >= 0).all()
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
