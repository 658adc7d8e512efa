"""A calibration as a page: what scores promise, and what is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.language.speech import say
from jingpai.pages.plots import reliability_plot
from jingpai.pages.rendering import render
from jingpai.pages.tables import bins_table
from jingpai.pages.wording import error_line, threshold_line

if TYPE_CHECKING:
    from jingpai.evaluation.calibration.calibrate import Calibrated
    from jingpai.evaluation.calibration.reliability import Reliability


def calibration_page(calibrated: Calibrated) -> str:
    """Return the page, in the user's language."""
    return render(
        "calibration.html",
        {
            "model": calibrated.calibration.model,
            "lines": [error_line(calibrated), *map(threshold_line, calibrated.thresholds)],
            "after": _reliability(calibrated.after, name=say("calibrated scores")),
            "before": _reliability(calibrated.before, name=say("sigmoid scores")),
        },
    )


def _reliability(found: Reliability, *, name: str) -> dict[str, object]:
    promised, relevant = ([b.score for b in found.bins], [b.relevant for b in found.bins])
    plot = reliability_plot(promised, relevant, name=name)
    return {"plot": plot, "bins": bins_table(found)}
