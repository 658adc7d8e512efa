"""A benchmark's report for people: a table on the terminal, or the same in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.cli.terminal.sizes import bytes_text
from jingpai.cli.terminal.tables import new_table
from jingpai.language.speech import say

if TYPE_CHECKING:
    from rich.table import Table

    from jingpai.bench.report import Cell, Report

_BUSY = 0.5
"""A load of so many programs a core takes more from the numbers than they are precise."""


def report_table(report: Report) -> Table:
    """Return one line for each cell of the grid."""
    table = new_table()
    for heading in _headings():
        table.add_column(heading, justify="right", no_wrap=True)
    for cell in report.cells:
        table.add_row(*_row(report, cell))
    return table


def report_lines(report: Report) -> list[str]:
    """Return what a table of these numbers leaves open, a line each."""
    loaded = report.loaded_memory_bytes
    summary = say(
        "{model} on {device} ({precision}), loaded in {seconds:.2f} s, {memory} of memory then"
    )
    lines = [
        summary.format(
            model=report.model,
            device=report.device,
            precision=report.precision,
            seconds=report.load_seconds,
            memory=say("unknown") if loaded is None else bytes_text(loaded),
        ),
        f"{report.machine['processor']} · {report.machine['system']}",
    ]
    if report.ceiling is None:
        lines.append(say("The ceiling was not measured."))
    else:
        ceiling = say(
            "ceiling: {speed:.0f} billion operations a second in a product of"
            " {rows} × {inputs} × {outputs}"
        )
        lines.append(
            ceiling.format(
                speed=report.ceiling.operations_per_second / 1e9,
                rows=report.ceiling.rows,
                inputs=report.ceiling.inputs,
                outputs=report.ceiling.outputs,
            )
        )
    load, cores = report.machine["load_average"], report.machine["logical_cores"]
    if isinstance(load, float) and isinstance(cores, int) and load > _BUSY * cores:
        busy = say(
            "The machine was busy before this began (load {load}, {cores} cores): measure again"
            " when it is idle."
        )
        lines.append(busy.format(load=load, cores=cores))
    counts = ", ".join(str(len(cell.timing.latencies_s)) for cell in report.cells)
    lines.append(say("requests measured: {counts}").format(counts=counts))
    lines.append(say("p99 of fewer than 100 requests is the slowest; memory is the most so far."))
    return lines


def report_markdown(report: Report) -> str:
    """Return the report as a Markdown file."""
    headings = _headings()
    lines = [f"# jingpai bench: {report.model}", "", f"{report.date}", ""]
    lines.append(f"| {' | '.join(headings)} |")
    lines.append(f"|{'---:|' * len(headings)}")
    lines += [f"| {' | '.join(_row(report, cell))} |" for cell in report.cells]
    lines.append("")
    lines += [f"- {line}" for line in report_lines(report)]
    lines += [f"- {name} {version}" for name, version in report.versions.items() if version]
    return "\n".join(lines) + "\n"


def _headings() -> list[str]:
    return [
        say("documents"),
        say("tokens"),
        say("threads"),
        say("pairs/s"),
        "p50 ms",
        "p90",
        "p99",
        say("ceiling"),
        say("memory"),
    ]


def _row(report: Report, cell: Cell) -> list[str]:
    share = report.share(cell)
    peak = cell.peak_memory_bytes
    return [
        str(cell.documents),
        str(cell.tokens),
        str(cell.concurrency),
        _short(cell.pairs_per_second),
        *(_short(1000 * cell.timing.latency_s(percent)) for percent in (50, 90, 99)),
        "–" if share is None else f"{100 * share:.0f} %",
        say("unknown") if peak is None else bytes_text(peak),
    ]


def _short(number: float) -> str:
    """Three digits are what such a measurement is good for."""
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"
