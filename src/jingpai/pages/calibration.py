"""A calibration as a page: what scores promise, and what is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.pages import page
from jingpai.pages.plots import reliability_plot
from jingpai.pages.wording import Translate, error_line, threshold_line

if TYPE_CHECKING:
    from jingpai.evaluation.calibration.calibrate import Calibrated
    from jingpai.evaluation.calibration.reliability import Reliability


def calibration_page(calibrated: Calibrated, *, say: Translate, language: str) -> str:
    """Return the page.

    Args:
        calibrated: What to show.
        say: Into the reader's language.
        language: Its code, for the browser.
    """
    parts = [page.note(error_line(calibrated, say=say))]
    parts += [page.note(threshold_line(one, say=say)) for one in calibrated.thresholds]
    parts += _bins(say("Calibrated scores"), calibrated.after, say)
    parts += _bins(say("Sigmoid scores"), calibrated.before, say)
    title = say("Calibration of {model}").format(model=calibrated.calibration.model)
    return page.page(title, parts, language=language)


def _bins(title: str, found: Reliability, say: Translate) -> list[str]:
    plot = reliability_plot(
        [one.score for one in found.bins],
        [one.relevant for one in found.bins],
        say=say,
    )
    rows = [[f"{b.score:.3f}", f"{b.relevant:.3f}", str(b.pairs)] for b in found.bins]
    head = [say("score"), say("share of relevant pairs"), say("pairs")]
    return [page.heading(title), plot, page.table(head, rows)]
