"""Numbers and facts as people read them, on a page or in a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jingpai.language.speech import say

if TYPE_CHECKING:
    from jingpai.evaluation.calibration.calibrate import Calibrated
    from jingpai.evaluation.calibration.threshold import Threshold
    from jingpai.evaluation.data.testset import TestSet
    from jingpai.evaluation.report import ModelOrder, Order, Report
    from jingpai.evaluation.statistics import Gain, Mean
    from jingpai.first_stage.choice import FirstStage
    from jingpai.types import RankedDocument


def mean_text(mean: Mean) -> str:
    """Return a mean with its interval: `0.620 [0.540, 0.700]`."""
    return f"{mean.mean:.3f}{_interval(mean, '.3f')}"


def gain_text(gain: Gain) -> str:
    """Return a difference with its interval: `+0.034 [+0.012, +0.057]`."""
    return f"{gain.mean:+.3f}{_interval(gain, '+.3f')}"


def chance_text(p: float) -> str:
    """Return a p-value; below a thousandth it is no more than that."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def order_name(order: Order) -> str:
    """Return what an order is called: a first stage in the user's language, a model by its name."""
    stages = {"embedder": say("embedder"), "bm25": say("bm25"), "input order": say("input order")}
    return stages.get(order.name, order.name)


def first_stage_name(first_stage: FirstStage) -> str:
    """Return what the order before an explanation goes by."""
    return {"similarity": say("vector similarity"), "bm25": say("shared words (BM25)")}[first_stage]


def moved_text(before: int, after: int) -> str:
    """Return how many places a document moved: `▲2`, `▼1` or `=`."""
    moved = before - after
    return f"▲{moved}" if moved > 0 else f"▼{-moved}" if moved < 0 else "="


def reading_note(ranked: RankedDocument) -> str:
    """Return which part of a long document counts; nothing of one that was read in one piece."""
    parts = []
    if ranked.passages > 1:
        text = say("best of {passages} passages, characters {start}–{end}")
        start, end = ranked.span
        parts.append(text.format(passages=ranked.passages, start=start, end=end))
    if ranked.truncated:
        parts.append(say("cut: not all of it was read"))
    return " · ".join(parts)


def facts_line(report: Report) -> str:
    """Return what was measured, in a line."""
    text = say(
        "{queries} queries of {data}, before: {before} · 95 % intervals by bootstrap over queries,"
        " p by a paired randomisation test · jingpai {version}, {date}"
    )
    line = text.format(
        queries=len(report.test_set.queries),
        data=report.test_set.name,
        before=order_name(report.before),
        version=report.version,
        date=report.date,
    )
    if report.without_relevant:
        more = say("{count} queries have no relevant document and count as 0 in every order.")
        line += f" · {more.format(count=report.without_relevant)}"
    if report.test_set.absent:
        line += f" · {absent_line(report.test_set)}."
    return line


def absent_line(test_set: TestSet) -> str:
    """Return how many judged documents the corpus lacks; for a set that has such."""
    text = say(
        "{count} judged documents are not in the corpus; those that are relevant count as missed"
    )
    return text.format(count=test_set.absent)


def latency_line(model: ModelOrder) -> str:
    """Return how long a query took; only for a model with new scores."""
    text = say("{queries} queries timed: p50 {p50:.0f} ms, p90 {p90:.0f} ms, p99 {p99:.0f} ms")
    times = {f"p{percent}": 1000 * (model.latency_s(percent) or 0) for percent in (50, 90, 99)}
    return text.format(queries=len(model.run.seconds), **times)


def error_line(calibrated: Calibrated) -> str:
    """Return how far scores are off before and after a calibration."""
    text = say(
        "expected calibration error: {before} as sigmoid scores, {after} calibrated (95 %"
        " intervals; measured on pairs that had no part in the fit)"
    )
    before, after = (
        f"{reliability.error:.3f} [{reliability.low:.3f}, {reliability.high:.3f}]"
        for reliability in (calibrated.before, calibrated.after)
    )
    return text.format(before=before, after=after)


def threshold_line(threshold: Threshold) -> str:
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
