"""Why a file cannot be used, apart from where: the same reason in an error, a list or a log."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.language.speech import say

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[str, object] = MappingProxyType({})


class Fault(ValueError):
    """A reason: in English as `str`, so that files of results hold the same on every machine.

    Attributes:
        line: Where in the text that was read, from 1; None where that is not known.
    """

    def __init__(
        self, text: str, values: Mapping[str, object] = _NOTHING, *, line: int | None = None
    ) -> None:
        """Fill a text.

        Args:
            text: With places for values, as for `str.format`.
            values: By the names of their places; one may be a fault itself.
            line: Where in the text that was read.
        """
        super().__init__(text, values)
        self._text = text
        self._values = values
        self.line = line

    def __str__(self) -> str:
        return self._text.format(**self._values)

    def said(self) -> str:
        """Return it in the user's language."""
        values = {
            name: value.said() if isinstance(value, Fault) else value
            for name, value in self._values.items()
        }
        return say(self._text).format(**values)


def unusable(place: object, reason: str | Fault, *, line: int | None = None) -> InvalidInput:
    """Return the error for a file, led by where the trouble is.

    Args:
        place: The file.
        reason: What is wrong with it.
        line: Its line, from 1.
    """
    text = reason.said() if isinstance(reason, Fault) else reason
    return InvalidInput(f"{place}: {text}" if line is None else f"{place}:{line}: {text}")
