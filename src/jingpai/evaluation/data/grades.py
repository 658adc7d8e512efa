"""How well a document answers, as files write it: one rule for pairs, judgements and labels."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Written: TypeAlias = object
"""A grade as it stands in a file: a text, a number or a boolean."""

MOST_GRADE = 1_000_000
"""trec_eval counts the documents of every grade up to the largest: 8 bytes and a step for each, in
each query. Beyond 2**31 its numbers wrap around."""

_MOST_SHOWN = 80

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)

_WORDS = {"true": 1, "false": 0}


def read_grade(written: Written) -> int | None:
    """Read a whole number, written as one, as 1.0, or as true and false; None is anything else."""
    text = str(written).strip().lower()
    if text in _WORDS:
        return _WORDS[text]
    if not is_number(text):
        return None
    number = float(text)
    if number > MOST_GRADE:
        return None
    return int(number) if math.isfinite(number) and number == int(number) else None


def is_number(text: str) -> bool:
    """Return whether a text is a number, whole or not."""
    return _NUMBER.fullmatch(text.strip()) is not None


def not_whole(name: str, written: Written) -> str:
    """Return what to say of a grade that cannot be read."""
    shown = repr(written)
    if len(shown) > _MOST_SHOWN:
        shown = f"{shown[:_MOST_SHOWN]}…"
    most = f" up to {MOST_GRADE:,}" if _is_too_large(str(written)) else ""
    return f"{name} must be a whole number{most} (0 is not relevant), not {shown}"


def _is_too_large(text: str) -> bool:
    if not is_number(text) or float(text) <= MOST_GRADE:
        return False
    return math.isfinite(float(text)) or text.strip().isdecimal()
