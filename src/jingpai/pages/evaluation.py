"""An evaluation as a page: measures, gains and losses of each query, scores, latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.evaluation.data.testset import best_first
from jingpai.pages import page
from jingpai.pages.plots import gains_plot, latency_plot, means_plot, scores_plot
from jingpai.pages.wording import (
    Translate,
    chance_text,
    facts_line,
    gain_text,
    latency_line,
    mean_text,
)
from jingpai.text.fields import whole_text

if TYPE_CHECKING:
    from jingpai.evaluation.data.testset import JudgedQuery
    from jingpai.evaluation.report import ModelOrder, Order, Report

_WORST = 10
_LONGEST_TEXT = 1200


def html_report(report: Report, *, say: Translate, language: str) -> str:
    """Return the page.

    Args:
        report: What to show.
        say: Into the reader's language.
        language: Its code, for the browser.
    """
    parts = [page.note(facts_line(report, say=say)), _means(report, say), _languages(report, say)]
    for number, model in enumerate(report.models):
        parts += _model(report, model, number=number, say=say)
    parts.append(_queries(report, say))
    title = say("Reranking {data}").format(data=report.test_set.name)
    return page.page(title, parts, language=language)


def _means(report: Report, say: Translate) -> str:
    orders = {order.name: order for order in (report.before, *report.models)}
    plot = means_plot(
        {
            name: [report.mean(order, measure) for measure in report.measures]
            for name, order in orders.items()
        },
        report.measures,
    )
    return page.heading(say("Before and after")) + plot


def _languages(report: Report, say: Translate) -> str:
    measure = report.measures[0]
    head = [say("language"), say("queries"), say("before")]
    for model in report.models:
        head += [model.name, say("gain")]
    rows = []
    for language, places in report.languages.items():
        row = [language, str(len(places))]
        row.append(f"{report.mean(report.before, measure, places=places).mean:.3f}")
        for model in report.models:
            gain = report.gain(model, measure, places=places)
            row += [f"{report.mean(model, measure, places=places).mean:.3f}", gain_text(gain)]
        rows.append(row)
    title = say("{measure} by language").format(measure=measure)
    return page.heading(title) + page.table(head, rows)


def _model(report: Report, model: ModelOrder, *, number: int, say: Translate) -> list[str]:
    main = report.measures[0]
    where = say("{model} on {device} ({precision})")
    run = model.run
    parts = [
        page.heading(where.format(model=run.model, device=run.device, precision=run.precision)),
        _gains(report, model, say),
        gains_plot(model.values[main] - report.before.values[main], measure=main, say=say),
    ]
    if logits := _logits_by_label(report, model):
        parts += [page.heading(say("Scores by label"), level=3), scores_plot(logits, say=say)]
    parts.append(page.heading(say("Time"), level=3))
    if run.seconds:
        parts += [page.note(latency_line(model, say=say)), latency_plot(run.seconds, say=say)]
    else:
        parts.append(page.note(say("All scores were kept from before, so no time was measured.")))
    parts.append(page.heading(say("Worst losses by {measure}").format(measure=main), level=3))
    losses = report.losses(model)
    parts += [_loss(report, model, place, say=say) for place in losses[:_WORST]]
    parts.append(page.note(say("{count} queries lose.").format(count=len(losses))))
    return parts


def _gains(report: Report, model: ModelOrder, say: Translate) -> str:
    rows = []
    for measure in report.measures:
        gain = report.gain(model, measure)
        before, after = (report.mean(order, measure) for order in (report.before, model))
        rows.append(
            [measure, mean_text(before), mean_text(after), gain_text(gain), chance_text(gain.p)]
        )
    return page.table([say("measure"), say("before"), say("after"), say("gain"), "p"], rows)


def _logits_by_label(report: Report, model: ModelOrder) -> dict[str, list[float]]:
    """Return the logits of what was reranked; what nobody judged counts as 0."""
    found: dict[str, list[float]] = {}
    for query, logits in zip(report.test_set.queries, model.run.logits, strict=True):
        for document, logit in logits.items():
            found.setdefault(str(query.judgements.get(document, 0)), []).append(logit)
    return dict(sorted(found.items()))


def _loss(report: Report, model: ModelOrder, place: int, *, say: Translate) -> str:
    """Show a query, what stands on top now, and the relevant document that fell."""
    query, main = report.test_set.queries[place], report.measures[0]
    before, after = (best_first(order.runs[place]) for order in (report.before, model))
    values = (report.before.values[main][place], model.values[main][place])
    text = say("{id}: {measure} {before:.3f} → {after:.3f}")
    parts = [
        page.heading(
            text.format(id=query.id, measure=main, before=values[0], after=values[1]), level=3
        ),
        page.quote(query.text, label=say("query")),
    ]
    fallen = [name for name in before if query.judgements.get(name, 0) > 0]
    for name in dict.fromkeys([after[0], *fallen[:1]]):
        label = say("place {before} → {after}").format(
            before=before.index(name) + 1, after=after.index(name) + 1
        )
        is_relevant = query.judgements.get(name, 0) > 0
        kind = "relevant" if is_relevant else "wrong"
        said = say("relevant") if is_relevant else say("not relevant")
        parts.append(page.quote(_text(query, name), label=f"{label} · {said}", kind=kind))
    return "".join(parts)


def _text(query: JudgedQuery, name: str) -> str:
    document = next((one for one in query.documents if one.id == name), None)
    if document is None:  # below the depth, so nobody read it
        return name
    text = whole_text(document)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def _queries(report: Report, say: Translate) -> str:
    orders: list[Order] = [report.before, *report.models]
    main = report.measures[0]
    rows = [
        [f"{query.id}  {query.text}", *(f"{order.values[main][place]:.3f}" for order in orders)]
        for place, query in enumerate(report.test_set.queries)
    ]
    head = [say("query"), *(order.name for order in orders)]
    title = say("{measure} of every query").format(measure=main)
    return page.folded(title, page.table(head, rows))
