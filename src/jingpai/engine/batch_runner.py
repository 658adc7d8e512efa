"""Rows go through a model in batches, whatever memory there is.

The only place that handles running out of memory, for rerankers and for the encoder.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from jingpai.backends.base import Backend, Batch, GrowingBackend
from jingpai.errors import OutOfMemory
from jingpai.tokens.batching import BatchSize, plan_batches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.tokens.tokenizer import Row

# Tokens of the first batch on a device that is asked for room: enough to keep it busy with a large
# model, and few enough to fit beside one.
_FIRST_TOKENS = 8192

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (rows done, rows in all) after each batch."""

_Said = TypeVar("_Said")
"""What a model says of a batch."""


class BatchRunner:
    """Runs rows through a model. Safe to call from several threads at once."""

    def __init__(
        self,
        model: Callable[[Batch], NDArray[np.float32]],
        *,
        batch_tokens: int,
        device: str,
        padding_weight: float,
        has_room: Callable[[int], bool] | None = None,
    ) -> None:
        """Join a model and a budget.

        Args:
            model: What turns a batch into float32 [n, ...].
            batch_tokens: Most tokens of a batch, padding by its weight. Lowered for good when the
                device runs out of memory.
            device: Where the model runs, for errors.
            padding_weight: See `Backend.padding_weight`.
            has_room: Whether a batch of so many tokens is worth it and should fit. Batches then
                begin small and are doubled as long as it says so; None begins with the most.
        """
        self._model = model
        self._most_tokens = batch_tokens
        self._batch_tokens = batch_tokens if has_room is None else min(_FIRST_TOKENS, batch_tokens)
        self._device = device
        self._padding_weight = padding_weight
        self._has_room = has_room
        self._change = threading.Lock()

    @classmethod
    def of(cls, backend: Backend, *, batch_tokens: int) -> BatchRunner:
        """Return a runner of a backend's logits, which asks it for room where it can tell."""
        return cls(
            backend.logits,
            batch_tokens=batch_tokens,
            device=backend.device,
            padding_weight=backend.padding_weight,
            has_room=backend.has_room if isinstance(backend, GrowingBackend) else None,
        )

    @property
    def most_tokens(self) -> int:
        """Most tokens of a batch; fewer than at first where the device ran out of memory."""
        return self._most_tokens

    def run(
        self, rows: Sequence[Row], *, progress: Progress | None = None
    ) -> Iterator[tuple[list[int], NDArray[np.float32] | OutOfMemory]]:
        """Yield the indices of each batch's rows, and what the model says of them.

        Errors and the rest are those of `run_through`.
        """
        return self.run_through(self._model, rows, progress=progress)

    def run_through(
        self,
        model: Callable[[Batch], _Said],
        rows: Sequence[Row],
        *,
        progress: Progress | None = None,
    ) -> Iterator[tuple[list[int], _Said | OutOfMemory]]:
        """Yield the indices of each batch's rows, and what another output of the model says.

        A batch that does not fit into memory is halved, down to a single row. For a row that does
        not fit alone the error is yielded, and the others go on. Every row comes once.

        Raises:
            BackendFailed: The model cannot be run at all.
        """
        lengths = [len(row.ids) for row in rows]
        groups = self._plan(range(len(rows)), lengths)
        done = 0
        while groups:
            group = groups.popleft()
            tokens = self._size(group, lengths)
            try:
                answer: _Said | OutOfMemory = model(_batch([rows[index] for index in group]))
            except OutOfMemory as error:
                if len(group) > 1:
                    self._shrink(self._size(group[: len(group) // 2], lengths))
                    groups = self._plan([*group, *itertools.chain(*groups)], lengths)
                    continue
                answer = self._too_large(lengths[group[0]], error)
            else:
                if self._grow(tokens):
                    groups = self._plan(list(itertools.chain(*groups)), lengths)
            yield group, answer
            done += len(group)
            if progress is not None:
                progress(done, len(rows))

    def _plan(self, indices: Sequence[int], lengths: Sequence[int]) -> deque[list[int]]:
        plan = plan_batches(
            [lengths[index] for index in indices],
            budget=self._batch_tokens,
            padding_weight=self._padding_weight,
        )
        return deque([indices[place] for place in part] for part in plan)

    def _size(self, group: Sequence[int], lengths: Sequence[int]) -> int:
        return BatchSize(
            (lengths[index] for index in group), padding_weight=self._padding_weight
        ).tokens

    def _shrink(self, tokens: int) -> None:
        """Never run batches of more tokens than these again."""
        with self._change:
            self._most_tokens = min(self._most_tokens, tokens)
            self._batch_tokens = min(self._batch_tokens, tokens)

    def _grow(self, tokens: int) -> bool:
        """Double the budget after a batch of so many tokens, where there is reason and room.

        A batch that left half of the budget empty asks for no larger one, and its cost says little
        about it.
        """
        if self._has_room is None or tokens <= self._batch_tokens // 2:
            return False
        with self._change:
            larger = min(2 * self._batch_tokens, self._most_tokens)
            if larger == self._batch_tokens or not self._has_room(larger):
                return False
            self._batch_tokens = larger
            return True

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
