"""Tables that stand on a page and in a terminal alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jingpai.language.speech import say
from jingpai.pages.wording import chance_text, gain_text, mean_text, order_name

if TYPE_CHECKING:
    from jingpai.evaluation.calibration.reliability import Reliability
    from jingpai.evaluation.report import ModelOrder, Report


class Table(NamedTuple):
    """A heading and as many cells a row; the first column is text, the others are numbers."""

    head: list[str]
    rows: list[list[str]]


def languages_table(report: Report) -> Table:
    """Return the main measure of each language, before and after each model."""
    measure = report.measures[0]
    head = [say("language"), say("queries"), say("before")]
    for model in report.models:
        head += [model.name, say("gain")]
    rows = []
    for language, places in report.languages.items():
        before = report.mean(report.before, measure, places=places).mean
        row = [say(language), str(len(places)), f"{before:.3f}"]
        for model in report.models:
            gain = report.gain(model, measure, places=places)
            row += [f"{report.mean(model, measure, places=places).mean:.3f}", gain_text(gain)]
        rows.append(row)
    return Table(head, rows)


def measures_table(report: Report, model: ModelOrder, *, intervals_of_means: bool) -> Table:
    """Return each measure before and after a model; a terminal has no room for all intervals."""
    rows = []
    for measure in report.measures:
        gain = report.gain(model, measure)
        means = [report.mean(order, measure) for order in (report.before, model)]
        before, after = (
            mean_text(mean) if intervals_of_means else f"{mean.mean:.3f}" for mean in means
        )
        rows.append([measure, before, after, gain_text(gain), chance_text(gain.p)])
    return Table([say("measure"), say("before"), say("after"), say("gain"), "p"], rows)


def queries_table(report: Report) -> Table:
    """Return the main measure of every query, in every order."""
    orders = (report.before, *report.models)
    values = [order.values[report.measures[0]] for order in orders]
    rows = [
        [f"{query.id}  {query.text}", *(f"{value[place]:.3f}" for value in values)]
        for place, query in enumerate(report.test_set.queries)
    ]
    return Table([say("query"), *map(order_name, orders)], rows)


def bins_table(found: Reliability) -> Table:
    """Return the pairs by their score: what the scores promise, and what is so."""
    rows = [[f"{b.score:.3f}", f"{b.relevant:.3f}", str(b.pairs)] for b in found.bins]
    return Table([say("score"), say("share of relevant pairs"), say("pairs")], rows)
