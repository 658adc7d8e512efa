"""Where output goes: results to stdout, everything else to stderr, control characters nowhere."""

from __future__ import annotations

import io
import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from jingpai.language.speech import say

if TYPE_CHECKING:
    from collections.abc import Mapping

# Shape letters and join emoji, so they stay; every other format character is invisible at best
# and turns the line around at worst.
_JOINERS = "\u200c\u200d"


def results() -> Console:
    """Return the console for what was asked for; it writes no escape codes into a pipe."""
    return Console(highlight=False, markup=False, emoji=False)


def notices() -> Console:
    """Return the console for errors, progress and remarks."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def show_error(message: str) -> None:
    """Write one error to stderr, unwrapped, so that paths and commands in it can be copied."""
    notices().print(Text.assemble((say("error: "), "bold red"), message), soft_wrap=True)


def show_warning(message: str) -> None:
    """Write one warning to stderr."""
    notices().print(Text.assemble((say("warning: "), "bold yellow"), message), soft_wrap=True)


def write_json(value: Mapping[str, Any]) -> None:
    """Write one JSON object and a line end to stdout."""
    # A lone surrogate cannot be written as it is; main() has stdout write it as \\udXXX, which is
    # what JSON calls it.
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def accept_any_text() -> None:
    """Let stdout and stderr write characters that their encoding lacks, as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    """Return text as one line without anything that could command a terminal."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Cs", "Zl", "Zp"):
            kept.append(" ")
        elif category != "Cf" or character in _JOINERS:
            kept.append(character)
    return " ".join("".join(kept).split())
