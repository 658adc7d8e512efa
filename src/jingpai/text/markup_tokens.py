"""What in a text is spelled like markup?

Markdown code, fenced or in backticks, is not looked into. Attribute values that hold a `<` are
not understood: in return every attempt at a tag ends at the next `<`, which keeps it linear. A
tag has at most 100 attributes, which keeps the memory of the matcher small.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from jingpai.text.elements import BOOLEAN_ATTRIBUTES, KNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKUP = re.compile(
    r"""
      (?P<fence>```+|~~~+)
    | (?P<code>`[^`\n]+`)
    | (?P<comment><!--)
    | (?P<declaration><!(?:doctype|DOCTYPE)\b[^<>]*>|<\?xml\b[^<>]*\?>)
    | (?P<cdata><!\[CDATA\[)
    | (?P<cdata_end>\]\]>)
    | (?P<element>
        <(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)
        (?P<attributes>
          (?:\s+[A-Za-z_:@][\w:.@-]*(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'|[^\s"'<>`]+))?){0,100}
        )
        \s*/?>
      )
    | (?P<reference>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
    """,
    re.VERBOSE,
)
_RAW_ENDS = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}

TokenKind: TypeAlias = Literal["open", "close", "raw", "comment", "declaration", "reference"]


class MarkupToken(NamedTuple):
    """A stretch of a text that is spelled like markup.

    Attributes:
        kind: `open` and `close` are tags; `raw` is a script or style with its content and both
            tags; `declaration` is a doctype, an XML declaration or a CDATA marker; `reference` is
            a character reference such as `&amp;`.
        start: Where it begins.
        end: Where it ends.
        name: The element, in lower case.
        attributes: Whether the opening tag has attributes.
    """

    kind: TokenKind
    start: int
    end: int
    name: str = ""
    attributes: bool = False


def markup_tokens(text: str) -> Iterator[MarkupToken]:
    """Yield everything that is spelled like markup, in order, outside of Markdown code."""
    position = 0
    endless: set[str] = set()  # what has no end from here on, so that none is looked for twice
    in_cdata = False
    while (match := _MARKUP.search(text, position)) is not None:
        start, position = match.span()
        kind = match.lastgroup
        token: MarkupToken | None = None
        if kind == "element":
            token = _tag(match)
            if token is not None and token.name in _RAW_ENDS:
                token = _with_content(text, token, endless=endless)
        elif kind == "reference":
            token = MarkupToken("reference", start, position)
        elif kind == "comment":
            token = _comment(text, start, endless=endless)
        elif kind == "fence" and starts_line(text, start):
            position = _fence_end(text, fence=match[0], position=position)
        elif kind in {"declaration", "cdata"} or (kind == "cdata_end" and in_cdata):
            in_cdata = kind == "cdata"
            token = MarkupToken("declaration", start, position)
        if token is not None:
            position = token.end
            yield token


def starts_line(text: str, position: int) -> bool:
    """Return whether nothing but up to three spaces stands before a position in its line."""
    before = text[max(0, position - 4) : position].rstrip(" ")
    return before.endswith("\n") or (not before and position < 4)


def ends_line(text: str, position: int) -> bool:
    """Return whether nothing but up to three spaces stands after a position in its line."""
    after = text[position : position + 4].lstrip(" ")
    return after.startswith(("\n", "\r")) or (not after and position > len(text) - 4)


def _tag(match: re.Match[str]) -> MarkupToken | None:
    """Return the tag that was matched, or `None` if its name or its attributes are not HTML's."""
    slash, spelled, attributes = match.group("slash", "name", "attributes")
    name = spelled.lower()
    # `List<Object>`, `Class<Button>`: types are capitalised, tags are written in one case.
    if name not in KNOWN or (name != spelled and not spelled.isupper()):
        return None
    if attributes and (
        slash or ("=" not in attributes and not BOOLEAN_ATTRIBUTES.issuperset(attributes.split()))
    ):
        return None
    return MarkupToken("close" if slash else "open", *match.span(), name, bool(attributes))


def _with_content(text: str, token: MarkupToken, *, endless: set[str]) -> MarkupToken:
    if token.kind == "close" or token.name in endless:
        return token
    end = _RAW_ENDS[token.name].search(text, token.end)
    if end is None:
        endless.add(token.name)
        return token
    return token._replace(kind="raw", end=end.end())


def _comment(text: str, start: int, *, endless: set[str]) -> MarkupToken | None:
    if "comment" in endless:
        return None
    end = text.find("-->", start + 4)
    if end < 0:
        endless.add("comment")
        return None
    return MarkupToken("comment", start, end + 3)


def _fence_end(text: str, *, fence: str, position: int) -> int:
    """Return where fenced code ends: after the closing fence, or with the text."""
    while (position := text.find(fence, position)) >= 0:
        position += len(fence)
        if starts_line(text, position - len(fence)):
            return position
    return len(text)
