"""Which invisible characters does a script need, and which are noise?

Zero-width characters, bidirectional controls and tag characters split words for the tokenizer
(`dis<U+200B>count` becomes two words) and hide text from readers. A few of them carry meaning:
ZWNJ and ZWJ between Persian or Indic letters, ZWJ in an emoji, tags in the flag of Scotland.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jingpai.text.alignment import Edit

INVISIBLE = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f"
"""Inside of a character class: soft hyphen, zero-width, bidirectional and tag characters."""

CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
"""Inside of a character class: C0 and C1 without what Python calls white space."""

SURROGATE = "\ud800-\udfff"
"""Inside of a character class: halves of a pair, which no encoder accepts."""

_INVISIBLES = re.compile(f"[{INVISIBLE}]+")
_CONTROLS = re.compile(f"[{CONTROL}]")
_SURROGATES = re.compile(f"[{SURROGATE}]")

# Scripts whose letters join, or stack around a virama. Whole blocks, as future letters of these
# blocks will need the joiners too.
_JOINING = re.compile(
    "["
    "\u0600-\u08ff"  # Arabic, Syriac, Thaana, N'Ko, Mandaic and their extensions
    "\u0900-\u0dff"  # Devanagari to Sinhala
    "\u0f00-\u109f\u1780-\u18af"  # Tibetan, Myanmar, Khmer, Mongolian
    "\u1a20-\u1aaf\u1b00-\u1bff\u1cd0-\u1cff"  # Tai Tham, Balinese to Batak, Vedic
    "\ua840-\ua8ff\ua980-\ua9ff\uaa60-\uaa7f\uaae0-\uaaff\uabc0-\uabff"
    "\ufb50-\ufdff\ufe70-\ufefc"  # Arabic presentation forms
    "\U00010ac0-\U00010aff\U00010d00-\U00010d3f"  # Manichaean, Hanifi Rohingya
    "\U00011000-\U00011fff\U0001e900-\U0001e95f"  # further Brahmic scripts, Adlam
    "]"
)
_EMOJI = "\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
_EMOJI_BEFORE = re.compile(f"[{_EMOJI}\ufe0f]")
_EMOJI_AFTER = re.compile(f"[{_EMOJI}]")
_JOINERS = re.compile("[\u200c\u200d]")
_ZWJ = "\u200d"
_BLACK_FLAG = "\U0001f3f4"
_FLAG_TAGS = re.compile("[\U000e0020-\U000e007e]+\U000e007f")


def replace_surrogates(text: str) -> str:
    """Replace every lone surrogate by U+FFFD: one character for one, so that offsets hold."""
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def replace_controls(text: str) -> str:
    """Replace every control character by a space: one character for one, so that offsets hold.

    A space, as the control character may be all that keeps two words apart.
    """
    return _CONTROLS.sub(" ", text)


def invisible_edits(text: str) -> Iterator[Edit]:
    """Yield what to do about the invisible characters of a text."""
    for match in _INVISIBLES.finditer(text):
        start, end = match.span()
        run = match.group()
        needed = _needed(run, before=text[start - 1 : start], after=text[end : end + 1])
        if needed != run:
            yield start, end, needed


def _needed(run: str, *, before: str, after: str) -> str:
    """Return what a run of invisible characters must keep between its two neighbours."""
    if before == _BLACK_FLAG and (tags := _FLAG_TAGS.search(run)) is not None:
        return tags.group()
    joiner = _JOINERS.search(run)
    if joiner is None:
        return ""
    # A ZWJ may stand last in a word (Malayalam chillu, Bengali khanda ta, the Hijri sign).
    if _JOINING.match(before) and (joiner.group() == _ZWJ or _JOINING.match(after)):
        return joiner.group()
    if _ZWJ in run and _EMOJI_BEFORE.match(before) and _EMOJI_AFTER.match(after):
        return _ZWJ
    return ""
