"""Scores as text and as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from jingpai.scores.scoring import share_of_one

if TYPE_CHECKING:
    from jingpai.types import Scale

BAR_CELLS = 8
SCORE_CELLS = 8 + BAR_CELLS
"""Width of a score of the longer kind, a space, and its bar."""

_EIGHTHS = " ▏▎▍▌▋▊▉"


def score_text(score: float, *, scale: Scale) -> Text:
    """Return a score with its bar: full for certainly relevant, empty for certainly not."""
    share = share_of_one(score, scale=scale)
    number = f"{score:+7.3f}" if scale == "logit" else f"{score:.4f}"
    return Text.assemble(number, " ", (bar(share), bar_style(share)))


def bar(share: float) -> str:
    """Return a bar of BAR_CELLS cells, filled to a share of it."""
    eighths = round(share * BAR_CELLS * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + _EIGHTHS[rest].strip()).ljust(BAR_CELLS)


def bar_style(share: float) -> str:
    """Return the colour of a bar."""
    return "green" if share >= 0.5 else "yellow" if share >= 0.1 else "bright_black"
