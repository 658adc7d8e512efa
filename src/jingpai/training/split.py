"""Which queries are learnt from, which steer, which are measured: never one on two sides."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from jingpai.errors import InvalidInput
from jingpai.training.groups import Group, query_key

if TYPE_CHECKING:
    from collections.abc import Sequence

# More than this steers no better, and every check takes longer.
_MOST_CHECKED = 150


class Split(NamedTuple):
    """The groups of each part.

    Attributes:
        train: What is learnt from.
        check: What decides when to stop and which state is kept.
        measured: What before and after are compared on; nothing is chosen by it.
        dropped: Queries that were left out because the measured part asks them too.
    """

    train: tuple[Group, ...]
    check: tuple[Group, ...]
    measured: tuple[Group, ...]
    dropped: int


def split(
    groups: Sequence[Group], test: Sequence[Group] | None, *, held_out: float, seed: int
) -> Split:
    """Share the groups out by their queries.

    Queries that differ in case, width or space alone count as one. Half of the queries held out
    steer and half are measured; where a test set is given all of them steer, and the queries of the
    test set are taken out of the rest.

    Raises:
        InvalidInput: The test set asks every query.
    """
    asked = {query_key(group.query) for group in test or ()}
    by_key: dict[str, list[Group]] = {}
    for group in groups:
        by_key.setdefault(query_key(group.query), []).append(group)
    keys = [key for key in by_key if key not in asked]
    random.Random(seed).shuffle(keys)  # noqa: S311 - a fixed choice, no secret
    apart = max(2, round(len(keys) * held_out))
    checked = min(apart if test else apart // 2, _MOST_CHECKED)
    measured = 0 if test else apart - apart // 2
    if len(keys) - checked - measured < 1:
        raise InvalidInput(
            f"--test: it asks {len(by_key) - len(keys)} of the {len(by_key)} queries that there are"
            " to learn from, and the rest is too few. Give a test file with other queries."
        )
    parts = (keys[checked + measured :], keys[:checked], keys[checked : checked + measured])
    train, check, rest = (tuple(group for key in part for group in by_key[key]) for part in parts)
    dropped = sum(len(by_key[key]) for key in by_key if key in asked)
    return Split(train, check, tuple(test) if test else rest, dropped)
