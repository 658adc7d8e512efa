"""Rows of random ids and the batches they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jingpai.backends.base import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence


class Row(NamedTuple):
    ids: list[int]
    query_length: int


def random_rows(
    lengths: Sequence[int], *, first_id: int = 4, last_id: int = 90, seed: int = 0
) -> list[Row]:
    """Rows of these lengths, a third of each the query."""
    generator = np.random.default_rng(seed)
    return [
        Row(generator.integers(first_id, last_id, length).tolist(), max(1, length // 3))
        for length in lengths
    ]


def batch_of(rows: Sequence[Row], *, padding_id: int = 1, width: int | None = None) -> Batch:
    """Pad rows to the longest, or to a width."""
    width = max(len(row.ids) for row in rows) if width is None else width
    ids = np.full((len(rows), width), padding_id, np.int64)
    for line, row in zip(ids, rows, strict=True):
        line[: len(row.ids)] = row.ids
    return Batch(
        input_ids=ids,
        lengths=np.array([len(row.ids) for row in rows], np.int32),
        query_lengths=np.array([row.query_length for row in rows], np.int32),
    )
