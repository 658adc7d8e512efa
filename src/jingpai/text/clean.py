"""What does a text say once markup and noise are gone, and where did it say so?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jingpai.text.alignment import Alignment, rewrite
from jingpai.text.invisible import (
    CONTROL,
    INVISIBLE,
    SURROGATE,
    invisible_edits,
    replace_controls,
    replace_surrogates,
)
from jingpai.text.markup import markup_edits
from jingpai.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jingpai.text.alignment import Edit

__all__ = ["CleanText", "clean", "replace_surrogates"]

# Inside of a character class: white space that is neither a space nor a line feed.
_ODD_SPACES = "\t\x0b-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# What a stage may want to touch: most texts hold none of it. A class without alternatives and
# plain substrings, as these are searched five times faster.
_SUSPECT = re.compile(rf"[<&{INVISIBLE}{CONTROL}{SURROGATE}{_ODD_SPACES}]")
_SUSPECT_PAIRS = ("  ", "\n\n", " \n", "\n ")
_SPACES = re.compile(r"\s{2,}|[^\S \n]")
_LINE_BREAK = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class CleanText:
    """A cleaned text that knows where its characters stood in the original."""

    text: str
    _alignments: tuple[Alignment, ...] = field(default=(), repr=False, compare=False)

    def original_span(self, start: int, end: int) -> Span:
        """Return where `self.text[start:end]` stood in the original, in characters.

        The span holds everything that became this stretch, markup inside it included; markup and
        noise directly before and after it are left out.
        """
        span = Span(start, end)
        for alignment in reversed(self._alignments):
            span = alignment.original_span(span.start, span.end)
        return span


def clean(text: str) -> CleanText:
    """Take markup and noise out of a text. Time and memory are linear in its length.

    HTML tags, comments, scripts and styles go (see `markup` for what is taken for a tag), entities
    are decoded, control characters become spaces, zero-width and bidirectional characters go where
    the script does not need them, lone surrogates become U+FFFD. A run of white space becomes one
    line break if it holds one, else one space. Letters are never changed: no Unicode
    normalisation, no case folding.

    Cleaning a cleaned text changes nothing, save where the text spells out markup: `&amp;lt;` is
    decoded once, to `&lt;`, and `&lt;p&gt;` shows as `<p>`, so a second round would go further.
    For the same reason this is no sanitiser: do not put the result into a web page.
    """
    if _is_clean(text):
        return CleanText(text)
    text = replace_controls(replace_surrogates(text))
    alignments: list[Alignment] = []
    for stage in (markup_edits, invisible_edits, _space_edits):
        text, alignment = rewrite(text, stage(text))
        if alignment is not None:
            alignments.append(alignment)
    return CleanText(text, tuple(alignments))


def _is_clean(text: str) -> bool:
    if text[:1].isspace() or text[-1:].isspace() or _SUSPECT.search(text) is not None:
        return False
    return not any(pair in text for pair in _SUSPECT_PAIRS)


def _space_edits(text: str) -> Iterator[Edit]:
    start = len(text) - len(text.lstrip())
    end = max(start, len(text.rstrip()))
    if start:
        yield 0, start, ""
    for match in _SPACES.finditer(text, start, end):
        spaces = match.group()
        yield match.start(), match.end(), "\n" if _LINE_BREAK.search(spaces) else " "
    if end < len(text):
        yield end, len(text), ""
