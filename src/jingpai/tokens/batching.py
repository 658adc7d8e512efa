"""Which rows go together: lengths and a budget in, groups of indices out.

How large a batch is depends on what its padding counts for, which the backend says. Whatever
plans or measures batches counts their tokens here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class BatchSize:
    """Counts the tokens of a batch while rows are added to it."""

    def __init__(self, lengths: Iterable[int] = (), *, padding_weight: float) -> None:
        """Count rows.

        Args:
            lengths: Tokens of the first rows.
            padding_weight: See `Backend.padding_weight`.
        """
        self._padding_weight = padding_weight
        self._rows = self._text = self._longest = 0
        for length in lengths:
            self.add(length)

    @property
    def tokens(self) -> int:
        """Tokens of the rows, and of their padding by its weight, rounded up."""
        return self._tokens(self._rows, text=self._text, longest=self._longest)

    def add(self, length: int) -> None:
        """Add a row of so many tokens."""
        self._rows += 1
        self._text += length
        self._longest = max(self._longest, length)

    def fits(self, length: int, *, budget: int) -> bool:
        """Whether a row can be added; the first one always can."""
        longest = max(self._longest, length)
        tokens = self._tokens(self._rows + 1, text=self._text + length, longest=longest)
        return not self._rows or tokens <= budget

    def _tokens(self, rows: int, *, text: int, longest: int) -> int:
        return text + math.ceil(self._padding_weight * (rows * longest - text))


def shortest_worth_padding(longest: int, *, padding_weight: float, most_waste: float) -> int:
    """Return how short a row may be for its padding to count no more than a share of its tokens.

    Args:
        longest: Tokens that it is padded to.
        padding_weight: See `Backend.padding_weight`.
        most_waste: The share.
    """
    return math.floor(longest * padding_weight / (padding_weight + most_waste))


def plan_batches(
    lengths: Sequence[int], *, budget: int, padding_weight: float = 1.0
) -> list[list[int]]:
    """Group rows of similar length so that each group stays within a token budget.

    Longest rows come first: if memory runs out, it does so at once and not after an hour.
    Equal lengths keep their order. A row that alone exceeds the budget is a group of its own.

    Args:
        lengths: Tokens of each row.
        budget: Most tokens of a group, as `BatchSize` counts them.
        padding_weight: See `Backend.padding_weight`; by default padding counts as text does.

    Returns:
        Groups of indices into `lengths`; every index stands in exactly one group.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    groups: list[list[int]] = []
    size = BatchSize(padding_weight=padding_weight)
    for index in order:
        if not groups or not size.fits(lengths[index], budget=budget):
            groups.append([])
            size = BatchSize(padding_weight=padding_weight)
        groups[-1].append(index)
        size.add(lengths[index])
    return groups
