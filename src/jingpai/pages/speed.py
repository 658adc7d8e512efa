"""A report as a picture; needs the extra `bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jingpai.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jingpai.bench.report import Cell, Report

_AXES = {
    "tokens": "tokens of a pair",
    "documents": "documents of a request",
    "concurrency": "threads that send requests",
}
_PERCENTS = {50: "-", 90: "--", 99: ":"}


def require_plot() -> None:
    """Make sure that a picture can be drawn, before long work is done for it.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401, PLC0415 - loads for a second
    except ImportError as error:
        raise MissingExtra(
            'plot: matplotlib draws it and cannot be imported: pip install "jingpai[bench]"'
        ) from error


def write_plot(report: Report, path: Path) -> None:
    """Draw pairs a second and latency over the setting that has several values.

    Args:
        report: With at least one cell.
        path: Of the picture; its ending says of which kind: .svg, .png, .pdf.

    Raises:
        MissingExtra: matplotlib is not installed.
        OSError: The file cannot be written.
    """
    require_plot()
    from matplotlib.figure import Figure  # noqa: PLC0415

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
    for axes, title in ((speed, "pairs a second"), (latency, "ms a request")):
        axes.set_xlabel(_AXES[axis])
        axes.set_title(title)
        axes.set_ylim(bottom=0)
        axes.set_xticks(_values(report.cells, axis))
        axes.grid(alpha=0.3)
        if any(axes.get_legend_handles_labels()[1]):
            axes.legend(fontsize="small")
    figure.suptitle(f"{report.model}, {report.device}, {report.precision}")
    figure.savefig(path)


def _values(cells: Iterable[Cell], axis: str) -> list[int]:
    return sorted({getattr(cell, axis) for cell in cells})


def _series(cells: Iterable[Cell], axis: str) -> dict[str, list[Cell]]:
    """Return the cells of each line, by what sets it apart from the others."""
    cells = list(cells)
    varying = [name for name in _AXES if name != axis and len(_values(cells, name)) > 1]
    series: dict[str, list[Any]] = {}
    for cell in sorted(cells, key=lambda one: getattr(one, axis)):
        label = ", ".join(f"{getattr(cell, name)} {_AXES[name].split()[0]}" for name in varying)
        series.setdefault(label, []).append(cell)
    return series
