"""How all plots are drawn: the colours, and letters that stay letters; matplotlib is an extra."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from jingpai.extras import needing
from jingpai.system.folders import HomeUnknown, expanded
from jingpai.system.stand_in import stand_in_folder

ACCENT, FALL, WARN = "#1b8f82", "#8a8378", "#c2543a"
"""The colours of the pages, in a tone that stands out on white and on black."""

_CYCLE = (ACCENT, "#c98a2b", "#4f7fbf", "#8f63b0", WARN, "#6b8f3a")


def require_plots(*, extra: Literal["evaluation", "bench"]) -> None:
    """Make sure that plots can be drawn, before long work is done for them.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    with needing(extra, what="plots", packages="matplotlib"), _settings_folder():
        import matplotlib  # noqa: F401 - loads for a second


@contextmanager
def _settings_folder() -> Iterator[None]:
    """Import matplotlib within this: it would end where nothing says where its settings lie."""
    try:
        expanded("~")
    except HomeUnknown:
        # What it does by itself where its folder cannot be written.
        os.environ.setdefault("MPLCONFIGDIR", str(stand_in_folder()))
    yield


@contextmanager
def drawing() -> Iterator[None]:
    """Draw and save within this; needs matplotlib.

    Letters stay text in SVG, for who opens it has those of all scripts; the font that measures
    them here may not, and says so. The salt makes the same picture the same file. A name with `$`
    in it is no formula.
    """
    with _settings_folder():
        import matplotlib as mpl
    from matplotlib.rcsetup import cycler

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "jingpai",
        "text.parse_math": False,
        "axes.prop_cycle": cycler(color=_CYCLE),
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield
