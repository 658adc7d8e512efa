"""Where does a sentence end?

One table for all scripts, as texts mix them: the end marks of a script are looked for everywhere,
and only the full stop, which also ends abbreviations, initials and ordinals, is looked at twice.
In doubt there is no end: a passage is packed from whole sentences, so two that stick together cost
nothing, while a cut in the middle of one costs meaning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jingpai.text.abbreviations import ABBREVIATIONS
from jingpai.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
"""Inside of a character class."""

CLOSERS = "\"'”’»›)\\]}」』）】》〉］〕｣"
"""Inside of a character class: quotes and brackets that still belong to the sentence."""

UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u303f\u3040-\u30ff\u3105-\u31ff\u3400-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff01-\uffee\U00020000-\U0003ffff]"
)
"""A character of a script that may follow a mark without a space."""

# End marks that are nothing else: CJK, Arabic, Indic, Myanmar, Khmer, Tibetan, Ethiopic,
# Armenian, Greek, Mongolian, Ol Chiki, Meetei, Cham.
_MARKS = "。！？｡；؟۔।॥။។៕།༎።፧፨։\u037e᠃᠉᱾᱿꫰꫱꯫꩝꩞꩟"
# Thai and Lao write a space at the end of a sentence or phrase, and within one only next to
# digits and other scripts, or after the signs of repetition and abbreviation.
_THAI = "\u0e01-\u0e3a\u0e40-\u0e5b\u0e81-\u0edf"
_THAI_LETTER = re.compile(f"[{_THAI}]")
_THAI_SIGNS = ("ๆ", "ฯ", "ໆ", "ຯ")
_THAI_ET_CETERA = "ฯลฯ"

_CANDIDATE = re.compile(
    f"(?P<lines>[{LINE_BREAKS}]+)"
    f"|(?P<mark>[{_MARKS}][{_MARKS}.!?…]*[{CLOSERS}]*)"
    f"|(?P<stop>[.!?…．‽]+)[{CLOSERS}“‘]*(?:[ \u00a0\u202f]»)?"
    f"|(?P<thai>[{_THAI}][ \u00a0]+)"
)
_WORD_START = re.compile(r"[\s(\[{\"'«‹„“‘/—–-]")


def split_sentences(text: str) -> list[Span]:
    """Return the sentences of a text, in order, without the white space around them.

    Lines count as sentences, unless the next one goes on in lower case.
    """
    return spans_between(text, Span(0, len(text)), ends=_sentence_ends(text))


def spans_between(text: str, whole: Span, *, ends: Iterable[int]) -> list[Span]:
    """Return the stretches between cuts, without white space around them and without empty ones.

    Args:
        text: The text that all positions refer to.
        whole: The stretch that is cut.
        ends: The cuts, ascending, inside of it.
    """
    spans = []
    start = whole.start
    for end in (*ends, whole.end):
        stretch = text[start:end]
        content = stretch.strip()
        if content:
            first = start + len(stretch) - len(stretch.lstrip())
            spans.append(Span(first, first + len(content)))
        start = end
    return spans


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _CANDIDATE.finditer(text):
        start, end = match.span()
        kind = match.lastgroup
        if kind == "lines":
            ends = _line_ends_sentence(text, start, end)
        elif kind == "thai":
            ends = _space_ends_sentence(text, start, end)
        else:
            ends = kind == "mark" or _stop_ends_sentence(text, match)
        if ends:
            yield end


def _line_ends_sentence(text: str, start: int, end: int) -> bool:
    """Return whether a line break is more than the wrapping of a long line."""
    wrapped = end - start == 1 or text[start:end] == "\r\n"
    return not (wrapped and text[end : end + 1].islower())


def _space_ends_sentence(text: str, start: int, end: int) -> bool:
    if _THAI_LETTER.match(text, end) is None:
        return False
    return text[start] not in _THAI_SIGNS or text.endswith(_THAI_ET_CETERA, 0, start + 1)


def _stop_ends_sentence(text: str, match: re.Match[str]) -> bool:
    start, end = match.span()
    if text[end : end + 1].isdecimal():
        return False
    before = text[start - 1 : start]
    if UNSPACED.match(text, end):
        # `真的吗?是的`, but not `Yahoo!知恵袋`, `Inc.的`.
        return not (before.isascii() and before.isalnum())
    if UNSPACED.match(before) and not match["stop"].endswith("."):
        return True  # `真的吗?Yes`
    if end < len(text) and not text[end].isspace():
        return False
    if text[end : end + 8].lstrip()[:1].islower():
        return False
    return match["stop"] != "." or not _is_abbreviation(text[max(0, start - 24) : start])


def _is_abbreviation(before: str) -> bool:
    """Return whether a full stop after this text belongs to its last word."""
    word = _WORD_START.split(before)[-1]
    if word in ABBREVIATIONS or (word.isdigit() and len(word) <= 2):
        return True  # `Dr.`, `am 3. Oktober`, `2. Second`
    last = word.rpartition(".")[2]
    return len(last) <= 1 and not last.isdigit()  # `J.`, `U.S.`, `z.B.`, a dot of its own
