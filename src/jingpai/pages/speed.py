"""A report as a picture; needs the extra `bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jingpai.language.speech import say
from jingpai.pages.drawing import drawing, require_plots

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from matplotlib.figure import Figure

    from jingpai.bench.report import Cell, Report

_AXES = ("tokens", "documents", "concurrency")
_PERCENTS = {50: "-", 90: "--", 99: ":"}


def write_plot(report: Report, path: Path) -> None:
    """Draw pairs a second and latency over the setting that has several values.

    Args:
        report: With at least one cell.
        path: Of the picture; its ending says of which kind: .svg, .png, .pdf.

    Raises:
        MissingExtra: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    require_plots(extra="bench")
    with drawing():
        _figure(report).savefig(path)


def _figure(report: Report) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    speed, latency = figure.subplots(1, 2)
    axis = next((name for name in _AXES if len(_values(report.cells, name)) > 1), "tokens")
    for number, (label, cells) in enumerate(_series(report.cells, axis).items()):
        across, color = [getattr(cell, axis) for cell in cells], f"C{number}"
        speed.plot(across, [c.pairs_per_second for c in cells], "o-", color=color, label=label)
        for percent, style in _PERCENTS.items():
            heights = [1000 * cell.timing.latency_s(percent) for cell in cells]
            name = f"{label} p{percent}".strip()
            latency.plot(across, heights, style, marker=".", color=color, label=name)
    for axes, title in ((speed, say("pairs a second")), (latency, say("ms a request"))):
        axes.set_xlabel(_axis_text(axis))
        axes.set_title(title)
        axes.set_ylim(bottom=0)
        axes.set_xticks(_values(report.cells, axis))
        axes.grid(alpha=0.3)
        if any(axes.get_legend_handles_labels()[1]):
            axes.legend(fontsize="small")
    figure.suptitle(f"{report.model}, {report.device}, {report.precision}")
    return figure


def _axis_text(axis: str) -> str:
    return {
        "tokens": say("tokens of a pair"),
        "documents": say("documents of a request"),
        "concurrency": say("threads that send requests"),
    }[axis]


def _values(cells: Iterable[Cell], axis: str) -> list[int]:
    return sorted({getattr(cell, axis) for cell in cells})


def _series(cells: Iterable[Cell], axis: str) -> dict[str, list[Cell]]:
    """Return the cells of each line, by what sets it apart from the others."""
    cells = list(cells)
    units = {"tokens": say("tokens"), "documents": say("documents"), "concurrency": say("threads")}
    varying = [name for name in _AXES if name != axis and len(_values(cells, name)) > 1]
    series: dict[str, list[Any]] = {}
    for cell in sorted(cells, key=lambda cell: getattr(cell, axis)):
        label = ", ".join(f"{getattr(cell, name)} {units[name]}" for name in varying)
        series.setdefault(label, []).append(cell)
    return series
