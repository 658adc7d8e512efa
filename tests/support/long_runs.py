"""Do two texts share a sentence or a good part of one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LENGTH = 32


def long_runs(texts: Iterable[str]) -> set[str]:
    """All stretches of 32 letters and digits, whatever stands between them and in either case."""
    found = set()
    for text in texts:
        letters = "".join(letter for letter in text.casefold() if letter.isalnum())
        found |= {letters[i : i + LENGTH] for i in range(len(letters) - LENGTH + 1)}
    return found
