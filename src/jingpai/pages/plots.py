"""Plots as SVG that stands within a page; needs the extra `evaluation`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jingpai.language.speech import say
from jingpai.pages.drawing import ACCENT, FALL, WARN, drawing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.evaluation.statistics import Mean

_BINS = 30


def means_plot(orders: Mapping[str, Sequence[Mean]], measures: Sequence[str]) -> str:
    """Draw each order's measures as points with their intervals; the first is the one before."""
    height = 0.5 + 0.45 * len(measures) * max(1, len(orders) / 2)
    with _picture(height=height) as picture:
        for place, (name, means) in enumerate(orders.items()):
            heights = np.arange(len(measures)) + 0.7 * (place + 0.5) / len(orders) - 0.35
            middles = [mean.mean for mean in means]
            reach = np.nan_to_num(
                [[m.mean - m.low for m in means], [m.high - m.mean for m in means]]
            )
            picture.axes.errorbar(
                middles,
                heights,
                xerr=np.maximum(reach, 0),
                fmt="o",
                capsize=3,
                label=name,
                color=FALL if place == 0 else f"C{place - 1}",
            )
        picture.axes.set_yticks(range(len(measures)), measures)
        picture.axes.invert_yaxis()
        picture.axes.legend(frameon=False)
    return picture.svg


def gains_plot(gains: NDArray[np.float64], *, measure: str) -> str:
    """Draw what each query gains or loses, from the most to the least."""
    with _picture() as picture:
        ordered = np.sort(gains)[::-1]
        colors = [ACCENT if gain >= 0 else WARN for gain in ordered]
        picture.axes.bar(range(len(ordered)), ordered, width=1.0, color=colors)
        picture.axes.axhline(0, color="black", linewidth=0.8)
        picture.axes.set_xlabel(say("queries, those that gain most first"))
        picture.axes.set_ylabel(say("change of {measure}").format(measure=measure))
    return picture.svg


def scores_plot(logits: Mapping[str, Sequence[float]]) -> str:
    """Draw how the logits of each label are spread, each label with an area of 1."""
    with _picture() as picture:
        edges = np.histogram_bin_edges(
            [value for values in logits.values() for value in values], _BINS
        )
        graded = [label for label in logits if label != "0"]
        for label, scores in logits.items():
            picture.axes.hist(
                scores,
                bins=edges,
                density=True,
                alpha=0.5,
                label=say("label {label} ({count} pairs)").format(label=label, count=len(scores)),
                color=f"C{graded.index(label)}" if label in graded else FALL,
            )
        picture.axes.set_xlabel("logit")
        picture.axes.set_ylabel(say("density"))
        picture.axes.legend(frameon=False)
    return picture.svg


def latency_plot(seconds: Sequence[float]) -> str:
    """Draw which share of the queries is done within a time."""
    with _picture(height=2.6) as picture:
        picture.axes.ecdf(np.multiply(seconds, 1000))
        picture.axes.set_xlim(left=0)
        picture.axes.set_xlabel(say("ms a query"))
        picture.axes.set_ylabel(say("share of queries"))
    return picture.svg


def reliability_plot(predicted: Sequence[float], observed: Sequence[float], *, name: str) -> str:
    """Draw the share of relevant pairs over what the scores of a bin promise."""
    with _picture(width=5, height=5) as picture:
        picture.axes.plot([0, 1], [0, 1], "--", color=FALL, label=say("perfect"))
        picture.axes.plot(predicted, observed, "o-", label=name)
        picture.axes.set_xlabel(say("score"))
        picture.axes.set_ylabel(say("share of relevant pairs"))
        picture.axes.legend(frameon=False)
    return picture.svg


@dataclass
class _Picture:
    """Axes to draw on, and what becomes of them."""

    axes: Any
    svg: str = ""


@contextmanager
def _picture(*, width: float = 8, height: float = 3.4) -> Iterator[_Picture]:
    """Draw on the axes within this; behind it the SVG is there."""
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(width, height), layout="constrained")
        picture = _Picture(figure.subplots())
        picture.axes.grid(color="black", alpha=0.12)
        yield picture
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    svg = stream.getvalue()
    # What is black takes the colour of the text around it, so that it can be read on a dark page.
    picture.svg = svg[svg.index("<svg") :].replace("#000000", "currentColor")
