"""Which stretches of a text are markup, and what do they leave behind?

The rule is to leave markup rather than to damage text. What is spelled like a tag is taken for
one only if the text around it agrees:

- with attributes it is a tag;
- an opening and a closing tag that belong together are tags, unless both are only mentioned
  ("what do <b> and </b> do?") and nothing else in the text is HTML;
- elements that stand alone (`<br>`, `<li>`) are tags where they touch the text, or in HTML;
- everything else stays: `List<String>`, `Optional<A>`, `i<s>2`, `a <b and c> d`, `<a@b.c>`,
  "the <b> tag".
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from html import unescape
from html.entities import html5
from typing import TYPE_CHECKING, NamedTuple

from jingpai.text.elements import BREAKS, SPACES, STANDALONE, VOID
from jingpai.text.markup_tokens import ends_line, markup_tokens, starts_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jingpai.text.alignment import Edit
    from jingpai.text.markup_tokens import MarkupToken

# What stands before and after a word of a sentence.
_BEFORE_MENTION = frozenset(" \t\n\r\u3000\"'“‘«„「『（([【:：,，、/")
_CLOSING = frozenset(",，、.。;；:：!！?？)）」』】")
_AFTER_MENTION = _CLOSING | frozenset(" \t\n\r\u3000\"'”’»“」]/")
_LINE_BREAKS = STANDALONE - {"p"}

_AND = "(?:and|or|vs|und|oder|et|ou|y|o|и|или|和|与|與|跟|及|或|还是|還是|と|や|와|과)"
_SPOKEN_OF = re.compile(
    "[ -]?(?:[Tt]ags?\\b|[Ee]lements?\\b|标签|標籤|标记|標記|元素|タグ|要素|태그|요소|тег|элемент)"
    f"|[ ]?{_AND}[ ]?</?[A-Za-z]"
)
_TAG_AND = re.compile(f">[ ]?{_AND}[ ]?$")

# An address in C (`p = &sum;`) is spelled like a reference; these are never meant as one.
_PLAIN_REFERENCES = frozenset(("&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&nbsp;"))
_UNDOUBTED = frozenset(("comment", "declaration"))


class _Survey(NamedTuple):
    """What the tags of a text say together; one byte each, for every tag in order.

    Attributes:
        paired: Whether the tag has its counterpart.
        mentioned: Whether it, and its counterpart if there is one, is only spoken of.
        html: Whether the text is HTML beyond doubt.
    """

    paired: array[int]
    mentioned: array[int]
    html: bool


def markup_edits(text: str) -> Iterator[Edit]:
    """Yield what to do about the tags, comments and character references of a text.

    Block elements leave a line break, table cells and images a space, other elements nothing.
    """
    if "<" not in text and "&" not in text:
        return
    survey = _survey(text)
    tags = zip(survey.paired, survey.mentioned, strict=True)
    for token in markup_tokens(text):
        if token.kind == "reference":
            character = _decoded(text, token)
            if character is not None:
                yield token.start, token.end, character
        elif token.kind in _UNDOUBTED:
            yield token.start, token.end, ""
        else:
            paired, mentioned = next(tags)
            if _is_markup(text, token, paired=paired, mentioned=mentioned, html=survey.html):
                yield token.start, token.end, _left_behind(token.name)


def _survey(text: str) -> _Survey:
    paired, mentioned, line_starting = array("b"), array("b"), array("b")
    opened: dict[str, array[int]] = {}  # by element, the tags that wait for their closing one
    touching: Counter[str] = Counter()  # by element that stands alone, how many touch the text
    html = False
    for token in markup_tokens(text) if "<" in text else ():
        if token.kind in _UNDOUBTED or token.kind == "reference":
            html |= token.kind == "declaration"
            continue
        tag = len(paired)
        paired.append(token.attributes or token.kind == "raw")
        mentioned.append(not token.attributes and _is_mention(text, token))
        line_starting.append(starts_line(text, token.start))
        html |= token.attributes
        if token.name in STANDALONE:
            touching[token.name] += not mentioned[tag]
        if token.kind == "open" and token.name not in VOID:
            opened.setdefault(token.name, array("q")).append(tag)
        elif token.kind == "close" and opened.get(token.name):
            first = opened[token.name].pop()
            paired[first] = paired[tag] = True
            # `<p> text </p>` on lines of its own is HTML, `<s> text </s>` may be anything.
            lines = line_starting[first] and ends_line(text, token.end) and token.name in BREAKS
            both_mentioned = mentioned[first] and mentioned[tag] and not lines
            mentioned[first] = mentioned[tag] = both_mentioned
            html |= not both_mentioned
    # One `<br>` may be what the text is about; several that touch words are line breaks.
    html = html or max(touching.values(), default=0) > 1
    return _Survey(paired, mentioned, html)


def _is_markup(text: str, token: MarkupToken, *, paired: int, mentioned: int, html: bool) -> bool:
    if paired:
        return html or not mentioned
    in_word = text[token.start - 1 : token.start].isalnum()
    if token.kind == "open" and token.name in STANDALONE:
        before_word = text[token.end : token.end + 1].isalnum()
        names_type = in_word and not before_word and token.name != "br"
        return html or not (names_type or mentioned)
    if token.kind == "close":
        return not mentioned
    return html and not in_word and (token.name in VOID or not mentioned)


def _is_mention(text: str, token: MarkupToken) -> bool:
    """Return whether a tag stands in its line like a word of the sentence."""
    before = text[token.start - 1] if token.start else ""
    after = text[token.end : token.end + 1]
    if before == "\n" and after in {"\n", "\r", ""}:
        return False
    if _SPOKEN_OF.match(text, token.end) or _TAG_AND.search(
        text, max(0, token.start - 8), token.start
    ):
        return True
    spaced_before = not before or before in _BEFORE_MENTION
    spaced_after = not after or after in _AFTER_MENTION
    if token.kind == "open" and token.name in _LINE_BREAKS:
        # There is nothing to break at either end of a text, nor before a closing mark.
        return not before or not after or after in _CLOSING or (spaced_before and spaced_after)
    return spaced_before and spaced_after


def _left_behind(name: str) -> str:
    if name in BREAKS:
        return "\n"
    return " " if name in SPACES else ""


def _decoded(text: str, token: MarkupToken) -> str | None:
    """Return what a character reference stands for, or `None` if it is none."""
    reference = text[token.start : token.end]
    if reference.startswith("&#") or reference in _PLAIN_REFERENCES:
        return unescape(reference)
    if text[max(0, token.start - 2) : token.start].rstrip().endswith("="):
        return None
    return html5.get(reference[1:])
