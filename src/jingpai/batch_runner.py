"""Rows go through a model in batches, whatever memory there is.

The only place that handles running out of memory, for rerankers and for the encoder.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from jingpai.backends.base import Batch
from jingpai.errors import OutOfMemory
from jingpai.tokens.batching import plan_batches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.tokens.tokenizer import Row

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (rows done, rows in all) after each batch."""


class BatchRunner:
    """Runs rows through a model. Safe to call from several threads at once."""

    def __init__(
        self, model: Callable[[Batch], NDArray[np.float32]], *, batch_tokens: int, device: str
    ) -> None:
        """Join a model and a budget.

        Args:
            model: What turns a batch into float32 [n, ...].
            batch_tokens: Most tokens of a batch, padding included. Lowered for good when the
                device runs out of memory.
            device: Where the model runs, for errors.
        """
        self._model = model
        self._batch_tokens = batch_tokens
        self._device = device

    def run(
        self, rows: Sequence[Row], *, progress: Progress | None = None
    ) -> Iterator[tuple[list[int], NDArray[np.float32] | OutOfMemory]]:
        """Yield the indices of each batch's rows, and what the model says of them.

        A batch that does not fit into memory is halved, down to a single row. For a row that does
        not fit alone the error is yielded, and the others go on. Every row comes once.

        Raises:
            BackendFailed: The model cannot be run at all.
        """
        lengths = [len(row.ids) for row in rows]
        groups = deque(plan_batches(lengths, budget=self._batch_tokens))
        done = 0
        while groups:
            group = groups.popleft()
            try:
                answer: NDArray[np.float32] | OutOfMemory = self._model(
                    _batch([rows[index] for index in group])
                )
            except OutOfMemory as error:
                if len(group) > 1:
                    self._batch_tokens = lengths[group[0]] * (len(group) // 2)
                    left = [*group, *itertools.chain.from_iterable(groups)]
                    plan = plan_batches([lengths[i] for i in left], budget=self._batch_tokens)
                    groups = deque([left[i] for i in part] for part in plan)
                    continue
                answer = self._too_large(lengths[group[0]], error)
            yield group, answer
            done += len(group)
            if progress is not None:
                progress(done, len(rows))

    def _too_large(self, length: int, error: OutOfMemory) -> OutOfMemory:
        return OutOfMemory(
            f"a row of {length} tokens does not fit into the memory of {self._device} ({error})."
            " Hand in a shorter text, lower max_tokens, or close what else uses the memory"
            " (`jingpai doctor` lists it)."
        )


def _batch(rows: Sequence[Row]) -> Batch:
    lengths = np.array([len(row.ids) for row in rows], dtype=np.int32)
    input_ids = np.zeros((len(rows), int(lengths.max())), dtype=np.int64)
    for position, row in enumerate(rows):
        input_ids[position, : len(row.ids)] = row.ids
    query_lengths = np.array([row.query_length for row in rows], dtype=np.int32)
    return Batch(input_ids, lengths, query_lengths)
