"""Where did the characters of a rewritten text stand before?"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from jingpai.types import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

Edit: TypeAlias = tuple[int, int, str]
"""(start, end, replacement): what stands in `text[start:end]` is replaced."""


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The edits that led from an old text to a new one, as three columns of equal length.

    Between two edits the texts are equal, so the columns grow with the number of edits, not with
    the length of the text: 24 bytes an edit.

    Attributes:
        old_starts: Where each edit begins in the old text, ascending.
        old_ends: Where it ends there.
        new_ends: Where its replacement ends in the new text.
    """

    old_starts: array[int]
    old_ends: array[int]
    new_ends: array[int]

    def original_span(self, start: int, end: int) -> Span:
        """Return the stretch of the old text that became `new[start:end]`.

        A replacement counts as a whole: a span that holds part of it gets all that it replaced.
        What was deleted at either end of the span is left out.
        """
        if start == end:
            position = self._old_bounds(start).start
            return Span(position, position)
        return Span(self._old_bounds(start).start, self._old_bounds(end - 1).end)

    def _old_bounds(self, position: int) -> Span:
        """Return the old stretch that became the new character at `position`."""
        following = bisect_right(self.new_ends, position)
        new_end = self.new_ends[following - 1] if following else 0
        old_end = self.old_ends[following - 1] if following else 0
        old_position = old_end + position - new_end
        if following < len(self.old_starts) and old_position >= self.old_starts[following]:
            return Span(self.old_starts[following], self.old_ends[following])
        return Span(old_position, old_position + 1)


def rewrite(text: str, edits: Iterable[Edit]) -> tuple[str, Alignment | None]:
    """Apply edits to a text and remember them.

    Args:
        text: Any string.
        edits: In ascending order, not empty, not overlapping.

    Returns:
        The new text, and how it lies on the old one; `None` where there was no edit.
    """
    parts: list[str] = []
    alignment = Alignment(array("q"), array("q"), array("q"))
    old_position = new_position = 0
    deletes = False
    for start, end, replacement in edits:
        if deletes and not replacement and start == old_position:
            # Neighbouring deletions are one, so that a flood of them takes no memory.
            alignment.old_ends[-1] = end
        else:
            parts.append(text[old_position:start])
            parts.append(replacement)
            new_position += start - old_position + len(replacement)
            alignment.old_starts.append(start)
            alignment.old_ends.append(end)
            alignment.new_ends.append(new_position)
        old_position = end
        deletes = not replacement
    if not alignment.old_starts:
        return text, None
    parts.append(text[old_position:])
    return "".join(parts), alignment
