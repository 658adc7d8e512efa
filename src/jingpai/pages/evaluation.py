"""An evaluation as a page: measures, gains and losses of each query, scores, latency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.evaluation.data.testset import best_first
from jingpai.pages.plots import gains_plot, latency_plot, means_plot, scores_plot
from jingpai.pages.rendering import render
from jingpai.pages.tables import languages_table, measures_table, queries_table
from jingpai.pages.wording import facts_line, latency_line, order_name
from jingpai.text.fields import whole_text

if TYPE_CHECKING:
    from jingpai.evaluation.data.testset import JudgedQuery
    from jingpai.evaluation.report import ModelOrder, Report

_WORST = 10
_LONGEST_TEXT = 1200


@dataclass(frozen=True, slots=True)
class _Fallen:
    """A document of a query that lost, and its places, from 1."""

    text: str
    before: int
    after: int
    is_relevant: bool


@dataclass(frozen=True, slots=True)
class _Loss:
    """A query that lost, and its value of the main measure."""

    query: JudgedQuery
    before: float
    after: float
    documents: list[_Fallen]


def evaluation_page(report: Report) -> str:
    """Return the page, in the user's language."""
    return render(
        "evaluation.html",
        {
            "data": report.test_set.name,
            "facts": facts_line(report),
            "measure": report.measures[0],
            "means": means_plot(
                {
                    order_name(order): [report.mean(order, name) for name in report.measures]
                    for order in (report.before, *report.models)
                },
                report.measures,
            ),
            "languages": languages_table(report),
            "models": [_model(report, model) for model in report.models],
            "queries": queries_table(report),
        },
    )


def _model(report: Report, model: ModelOrder) -> dict[str, object]:
    main, seconds = report.measures[0], model.run.seconds
    logits, losses = _logits_by_label(report, model), report.losses(model)
    gains = model.values[main] - report.before.values[main]
    return {
        "run": model.run,
        "measures": measures_table(report, model, intervals_of_means=True),
        "gains": gains_plot(gains, measure=main),
        "scores": scores_plot(logits) if logits else None,
        "latency": latency_plot(seconds) if seconds else None,
        "latency_line": latency_line(model),
        "losses": [_loss(report, model, place=place) for place in losses[:_WORST]],
        "losses_in_all": len(losses),
    }


def _logits_by_label(report: Report, model: ModelOrder) -> dict[str, list[float]]:
    """Return the logits of what was reranked; what nobody judged counts as 0."""
    found: dict[str, list[float]] = {}
    for query, logits in zip(report.test_set.queries, model.run.logits, strict=True):
        for document, logit in logits.items():
            found.setdefault(str(query.judgements.get(document, 0)), []).append(logit)
    return dict(sorted(found.items()))


def _loss(report: Report, model: ModelOrder, *, place: int) -> _Loss:
    """Return a query, what stands on top now, and the relevant document that fell."""
    query, main = report.test_set.queries[place], report.measures[0]
    before, after = (best_first(order.runs[place]) for order in (report.before, model))
    relevant = [name for name in before if query.judgements.get(name, 0) > 0]
    documents = [
        _Fallen(
            _text(query, name),
            before=before.index(name) + 1,
            after=after.index(name) + 1,
            is_relevant=name in relevant,
        )
        for name in dict.fromkeys([after[0], *relevant[:1]])
    ]
    values = (report.before.values[main][place], model.values[main][place])
    return _Loss(query, *values, documents)


def _text(query: JudgedQuery, name: str) -> str:
    document = next((document for document in query.documents if document.id == name), None)
    if document is None:  # below the depth, so nobody read it
        return name
    text = whole_text(document)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
