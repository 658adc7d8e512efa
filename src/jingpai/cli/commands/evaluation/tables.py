"""An evaluation as people read it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.cli.terminal.tables import new_table
from jingpai.language.speech import say
from jingpai.pages.tables import languages_table, measures_table
from jingpai.pages.wording import facts_line, latency_line

if TYPE_CHECKING:
    from rich.table import Table

    from jingpai.evaluation.report import ModelOrder, Report


def measure_table(report: Report, model: ModelOrder) -> Table:
    """Return one line for each measure, before and after a model."""
    head, rows = measures_table(report, model, intervals_of_means=False)
    table = new_table()
    table.add_column(head[0], no_wrap=True)
    for heading in head[1:]:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def model_lines(report: Report, model: ModelOrder) -> list[str]:
    """Return what the table leaves open, a line each."""
    run = model.run
    where = say("{model} on {device} ({precision}), {pairs} pairs").format(
        model=run.model, device=run.device, precision=run.precision, pairs=sum(map(len, run.logits))
    )
    lines = [where, facts_line(report)]
    if run.seconds:
        lines.insert(1, latency_line(model))
    return lines


def language_table(report: Report) -> Table:
    """Return the main measure of each language, before and after each model."""
    head, rows = languages_table(report)
    names = {model.name for model in report.models}
    table = new_table()
    table.add_column(say("{measure} by language").format(measure=report.measures[0]))
    for heading in head[1:]:
        # The name of a model may be long, a folder for example.
        table.add_column(heading, justify="right", no_wrap=heading not in names)
    for row in rows:
        table.add_row(*row)
    return table
