"""What the model says, batch by batch, put together: one logit a row, or the reason for none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jingpai.errors import BackendFailed, OutOfMemory
from jingpai.scores import scoring

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from jingpai.backends.base import Backend
    from jingpai.models.spec import ModelSpec
    from jingpai.tokens.tokenizer import Row


class ScoredRows(NamedTuple):
    """What the model says of rows.

    Attributes:
        logits: float32 [n]; NaN where `errors` holds the reason.
        errors: Why a row has no logit, by its index. The other rows are not touched by it.
    """

    logits: NDArray[np.float32]
    errors: dict[int, BackendFailed]

    def at(self, places: Sequence[int]) -> ScoredRows:
        """Return what is said of the row at each of these places."""
        errors = {i: self.errors[n] for i, n in enumerate(places) if n in self.errors}
        return ScoredRows(self.logits[list(places)], errors)


def distinct(rows: Sequence[Row]) -> tuple[list[Row], list[int]]:
    """Return every row once, and which of these each of the rows is."""
    numbers: dict[tuple[tuple[int, ...], int], int] = {}
    which = [numbers.setdefault((row.ids, row.query_length), len(numbers)) for row in rows]
    return [rows[place] for place in np.unique(which, return_index=True)[1].tolist()], which


def joined(
    answers: Iterable[tuple[list[int], NDArray[np.float32] | OutOfMemory]],
    *,
    known: Mapping[int, float],
    count: int,
    spec: ModelSpec,
    backend: Backend,
) -> ScoredRows:
    """Put together what is known of rows and what the model says of the others.

    Args:
        answers: The indices of each batch's rows, and what the model says of them.
        known: Logits by the index of their row.
        count: How many rows there are.
        spec: What the model is.
        backend: What it ran on, for errors.
    """
    logits = np.full(count, np.nan, dtype=np.float32)
    errors: dict[int, BackendFailed] = {}
    for index, logit in known.items():
        logits[index] = logit
    for indices, raw in answers:
        if isinstance(raw, OutOfMemory):
            errors[indices[0]] = raw
        else:
            logits[indices] = scoring.relevance(raw, head=spec.head)
    for index in np.flatnonzero(~np.isfinite(logits)).tolist():
        logits[index] = np.nan
        if index not in errors:
            errors[index] = BackendFailed(
                f"{spec.name} gave no finite number for a pair, on {backend.device}"
                f' in {backend.precision}. Try Reranker(..., precision="fp32").'
            )
    return ScoredRows(logits, errors)
