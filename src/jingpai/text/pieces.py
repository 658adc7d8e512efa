"""How is a sentence cut that is too long?"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from jingpai.text.sentences import CLOSERS, LINE_BREAKS, UNSPACED, spans_between
from jingpai.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLAUSE = re.compile(
    f"(?P<lines>[{LINE_BREAKS}]+)"
    f"|(?P<mark>[，、；：،؛፣፤፥၊—–]+)[{CLOSERS}]*"
    f"|(?P<comma>[,;:]+)[{CLOSERS}]*"
)
# A cut goes back this far to keep a letter and its marks together, and no farther.
_LONGEST_CLUSTER = 32
_JOINERS = "\u200c\u200d"


def split_clauses(text: str, whole: Span) -> list[Span]:
    """Cut at commas, colons, dashes and line breaks."""
    return spans_between(text, whole, ends=_clause_ends(text, whole))


def split_words(text: str, whole: Span, *, size: int) -> list[Span]:
    """Cut at white space, into stretches of at most `size` characters or of a single word."""
    # Within reach the last white space, else the next one.
    words = re.compile(rf"\S(?:.{{0,{max(0, size - 2)}}}\S)?(?!\S)|\S+", re.DOTALL)
    return [Span(*match.span()) for match in words.finditer(text, whole.start, whole.end)]


def split_characters(text: str, whole: Span, *, size: int) -> list[Span]:
    """Cut anywhere, into stretches of about `size` characters; letters keep their marks."""
    cuts = []
    previous = whole.start
    for position in range(whole.start + size, whole.end, size):
        cut = _cluster_start(text, position)
        if cut > previous:
            cuts.append(cut)
            previous = cut
    return spans_between(text, whole, ends=cuts)


def halve(text: str, whole: Span) -> list[Span]:
    """Cut in the middle; a letter and its marks are parted only if there is nothing else."""
    middle = (whole.start + whole.end) // 2
    cut = _cluster_start(text, middle)
    return spans_between(text, whole, ends=(cut if cut > whole.start else middle,))


def _clause_ends(text: str, whole: Span) -> Iterator[int]:
    for match in _CLAUSE.finditer(text, whole.start, whole.end):
        end = match.end()
        spaced = end == len(text) or text[end].isspace() or UNSPACED.match(text, end)
        if match.lastgroup != "comma" or spaced:
            yield end


def _cluster_start(text: str, position: int) -> int:
    """Return the last position up to this one where a cut parts no letter from its marks."""
    lowest = max(1, position - _LONGEST_CLUSTER)
    for candidate in range(position, lowest - 1, -1):
        if not _continues(text[candidate - 1], text[candidate]):
            return candidate
    return position


def _continues(before: str, character: str) -> bool:
    """Return whether a character belongs to what the one before it began."""
    if before in _JOINERS or character in _JOINERS:
        return True
    return (
        unicodedata.category(character).startswith("M")
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags of a flag
        or "\u1160" <= character <= "\u11ff"  # vowels and finals of conjoining Hangul
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= character <= "\udfff")
    )
