"""Plots as SVG that stands within a page; needs the extra `evaluation`."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from jingpai.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from jingpai.evaluation.statistics import Mean
    from jingpai.pages.wording import Translate

_BINS = 30


def require_plots() -> None:
    """Make sure that plots can be drawn, before long work is done for them.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401, PLC0415 - loads for a second
    except ImportError as error:
        raise MissingExtra(
            'plots: matplotlib draws them and cannot be imported: pip install "jingpai[evaluation]"'
        ) from error


def means_plot(orders: Mapping[str, Sequence[Mean]], measures: Sequence[str]) -> str:
    """Draw each order's measures as points with their intervals."""
    axes, draw = _figure(height=0.5 + 0.45 * len(measures) * max(1, len(orders) / 2))
    for place, (name, means) in enumerate(orders.items()):
        heights = np.arange(len(measures)) + 0.7 * (place + 0.5) / len(orders) - 0.35
        middles = [one.mean for one in means]
        reach = np.nan_to_num([[m.mean - m.low for m in means], [m.high - m.mean for m in means]])
        axes.errorbar(middles, heights, xerr=np.maximum(reach, 0), fmt="o", capsize=3, label=name)
    axes.set_yticks(range(len(measures)), measures)
    axes.invert_yaxis()
    axes.legend()
    return draw()


def gains_plot(gains: NDArray[np.float64], *, measure: str, say: Translate) -> str:
    """Draw what each query gains or loses, from the most to the least."""
    axes, draw = _figure()
    ordered = np.sort(gains)[::-1]
    colors = ["C0" if gain >= 0 else "C3" for gain in ordered]
    axes.bar(range(len(ordered)), ordered, width=1.0, color=colors)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel(say("queries, those that gain most first"))
    axes.set_ylabel(say("change of {measure}").format(measure=measure))
    return draw()


def scores_plot(logits: Mapping[str, Sequence[float]], *, say: Translate) -> str:
    """Draw how the logits of each label are spread, each label with an area of 1."""
    axes, draw = _figure()
    values = [value for one in logits.values() for value in one]
    edges = np.histogram_bin_edges(values, bins=_BINS)
    for label, scores in logits.items():
        name = say("label {label} ({count} pairs)").format(label=label, count=len(scores))
        axes.hist(scores, bins=edges, density=True, alpha=0.5, label=name)
    axes.set_xlabel("logit")
    axes.set_ylabel(say("density"))
    axes.legend()
    return draw()


def latency_plot(seconds: Sequence[float], *, say: Translate) -> str:
    """Draw which share of the queries is done within a time."""
    axes, draw = _figure(height=2.6)
    axes.ecdf(np.multiply(seconds, 1000))
    axes.set_xlim(left=0)
    axes.set_xlabel(say("ms a query"))
    axes.set_ylabel(say("share of queries"))
    return draw()


def reliability_plot(
    predicted: Sequence[float], observed: Sequence[float], *, say: Translate
) -> str:
    """Draw the share of relevant pairs over what the scores of a bin promise."""
    axes, draw = _figure(width=5, height=5)
    axes.plot([0, 1], [0, 1], "--", color="grey", label=say("perfect"))
    axes.plot(predicted, observed, "o-", label=say("this calibration"))
    axes.set_xlabel(say("score"))
    axes.set_ylabel(say("share of relevant pairs"))
    axes.legend()
    return draw()


def _figure(*, width: float = 8, height: float = 3.4) -> tuple[Any, Callable[[], str]]:
    """Return axes, and what turns the finished picture into SVG."""
    import matplotlib  # noqa: PLC0415 - an extra
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.grid(alpha=0.3)

    def draw() -> str:
        stream = io.StringIO()
        # Letters stay text, for the browser has those of all scripts; the font that measures them
        # here may not, and says so. The salt makes the same picture the same file.
        settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "jingpai"}
        with matplotlib.rc_context(settings), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
            figure.savefig(stream, format="svg", metadata={"Date": None})
        svg = stream.getvalue()
        return svg[svg.index("<svg") :]

    return axes, draw
