"""Which rows go together: lengths and a budget in, groups of indices out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def plan_batches(lengths: Sequence[int], *, budget: int) -> list[list[int]]:
    """Group rows of similar length so that each group, padded, stays within a token budget.

    Longest rows come first: if memory runs out, it does so at once and not after an hour.
    Equal lengths keep their order. A row that alone exceeds the budget is a group of its own.

    Args:
        lengths: Tokens of each row.
        budget: Most tokens of a group, padding included: rows times the longest row.

    Returns:
        Groups of indices into `lengths`; every index stands in exactly one group.
    """
    order = sorted(range(len(lengths)), key=lambda index: -lengths[index])
    groups: list[list[int]] = []
    for index in order:
        # The first row of a group is its longest, so its length is what the others are padded to.
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
