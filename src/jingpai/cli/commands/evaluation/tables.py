"""An evaluation as people read it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.cli.terminal.tables import new_table
from jingpai.language.speech import say
from jingpai.pages.wording import chance_text, facts_line, gain_text, latency_line

if TYPE_CHECKING:
    from rich.table import Table

    from jingpai.evaluation.report import ModelOrder, Report


def model_table(report: Report, model: ModelOrder) -> Table:
    """Return one line for each measure, before and after a model."""
    table = new_table()
    table.add_column(say("measure"), no_wrap=True)
    for heading in (say("before"), say("after"), say("gain"), "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    for measure in report.measures:
        gain = report.gain(model, measure)
        before, after = (report.mean(order, measure).mean for order in (report.before, model))
        numbers = (f"{before:.3f}", f"{after:.3f}", gain_text(gain), chance_text(gain.p))
        table.add_row(measure, *numbers)
    return table


def model_lines(report: Report, model: ModelOrder) -> list[str]:
    """Return what the table leaves open, a line each."""
    run = model.run
    where = say("{model} on {device} ({precision}), {pairs} pairs").format(
        model=run.model, device=run.device, precision=run.precision, pairs=sum(map(len, run.logits))
    )
    lines = [where, facts_line(report, say=say)]
    if run.seconds:
        lines.insert(1, latency_line(model, say=say))
    return lines


def language_table(report: Report) -> Table:
    """Return the main measure of each language, before and after each model."""
    measure = report.measures[0]
    table = new_table()
    table.add_column(say("{measure} by language").format(measure=measure))
    for heading in (say("queries"), say("before")):
        table.add_column(heading, justify="right", no_wrap=True)
    for model in report.models:
        table.add_column(model.name, justify="right")
        table.add_column(say("gain"), justify="right", no_wrap=True)
    for language, places in report.languages.items():
        before = report.mean(report.before, measure, places=places).mean
        row = [language, str(len(places)), f"{before:.3f}"]
        for model in report.models:
            gain = report.gain(model, measure, places=places)
            row += [f"{report.mean(model, measure, places=places).mean:.3f}", gain_text(gain)]
        table.add_row(*row)
    return table
