"""How well a document answers, as files write it: one rule for pairs, judgements and labels."""

from __future__ import annotations

import math
import re
from typing import TypeAlias

Written: TypeAlias = object
"""A grade as it stands in a file: a text, a number or a boolean."""

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
    return int(number) if math.isfinite(number) and number == int(number) else None


def is_number(text: str) -> bool:
    """Return whether a text is a number, whole or not."""
    return _NUMBER.fullmatch(text.strip()) is not None


def not_whole(name: str, written: Written) -> str:
    """Return what to say of a grade that cannot be read."""
    return f"{name} must be a whole number (0 is not relevant), not {written!r}"
