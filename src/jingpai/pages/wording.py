"""Numbers and facts as people read them, on a page or in a terminal."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from jingpai.evaluation.calibration.calibrate import Calibrated
    from jingpai.evaluation.calibration.threshold import Threshold
    from jingpai.evaluation.report import ModelOrder, Report
    from jingpai.evaluation.statistics import Gain, Mean

Translate: TypeAlias = Callable[[str], str]
"""From an English text to the reader's language."""


def mean_text(mean: Mean) -> str:
    """Return a mean with its interval: `0.620 [0.540, 0.700]`."""
    return f"{mean.mean:.3f}{_interval(mean, '.3f')}"


def gain_text(gain: Gain) -> str:
    """Return a difference with its interval: `+0.034 [+0.012, +0.057]`."""
    return f"{gain.mean:+.3f}{_interval(gain, '+.3f')}"


def chance_text(p: float) -> str:
    """Return a p-value; below a thousandth it is no more than that."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def facts_line(report: Report, *, say: Translate) -> str:
    """Return what was measured, in a line."""
    text = say(
        "{queries} queries of {data}, before: {before} · 95 % intervals by bootstrap over queries,"
        " p by a paired randomisation test · jingpai {version}, {date}"
    )
    stages = {"embedder": say("embedder"), "bm25": say("bm25"), "input order": say("input order")}
    line = text.format(
        queries=len(report.test_set.queries),
        data=report.test_set.name,
        before=stages.get(report.before.name, report.before.name),
        version=report.version,
        date=report.date,
    )
    if report.without_relevant:
        more = say("{count} queries have no relevant document and count as 0 in every order.")
        line += f" · {more.format(count=report.without_relevant)}"
    return line


def latency_line(model: ModelOrder, *, say: Translate) -> str:
    """Return how long a query took; only for a model with new scores."""
    text = say("{queries} queries timed: p50 {p50:.0f} ms, p90 {p90:.0f} ms, p99 {p99:.0f} ms")
    times = {f"p{percent}": 1000 * (model.latency_s(percent) or 0) for percent in (50, 90, 99)}
    return text.format(queries=len(model.run.seconds), **times)


def error_line(calibrated: Calibrated, *, say: Translate) -> str:
    """Return how far scores are off before and after a calibration."""
    text = say(
        "expected calibration error: {before} as sigmoid scores, {after} calibrated (95 %"
        " intervals; measured on pairs that had no part in the fit)"
    )
    before, after = (
        f"{one.error:.3f} [{one.low:.3f}, {one.high:.3f}]"
        for one in (calibrated.before, calibrated.after)
    )
    return text.format(before=before, after=after)


def threshold_line(threshold: Threshold, *, say: Translate) -> str:
    """Return a threshold and what it reaches, or why there is none."""
    measures = {"precision": say("precision"), "recall": say("recall")}
    goal = f"{measures[threshold.goal.measure]} {threshold.goal.value:g}"
    shares = {
        name: f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
        for name, share in (("precision", threshold.precision), ("recall", threshold.recall))
    }
    if threshold.score is not None:
        text = say("{goal}: from score {score:.4f} on; precision {precision}, recall {recall}")
        return text.format(goal=goal, score=threshold.score, **shares)
    if threshold.pairs_needed is not None:
        text = say(
            "{goal}: no threshold can be promised, because too few labels stand behind it; about"
            " {pairs} labelled pairs of this kind are needed"
        )
        return text.format(goal=goal, pairs=threshold.pairs_needed)
    text = say("{goal}: no threshold reaches it on these pairs")
    return text.format(goal=goal)


def _interval(of: Mean | Gain, form: str) -> str:
    return "" if math.isnan(of.low) else f" [{of.low:{form}}, {of.high:{form}}]"
