"""Word embeddings: the largest tensor of a multilingual model, gathered by token id.

In an int8 graph the table is kept in blocks of integers that share a float16 scale, and only the
gathered rows are expanded. That is done with plain operators: the fused GatherBlockQuantized takes
no uint8 tables in ONNX Runtime 1.20, rounds its rows to float16 where the scales are float16, and
saves a third of a millisecond in two thousand tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from jingpai.backends.graph.architecture import Architecture
    from jingpai.backends.graph.builder import GraphBuilder
    from jingpai.backends.graph.checkpoint import Checkpoint
    from jingpai.backends.graph.weight_file import WeightFile

BLOCK = 32
"""Weights that share a scale, as in the 4-bit blocks of the bundled model."""

BLOCKS_TENSOR = "word_embeddings.blocks"
SCALES_TENSOR = "word_embeddings.scales"
"""A table in 4-bit blocks: uint8 [vocabulary, hidden / 2] with feature 2j in the low half of byte j
and 2j + 1 in the high half, zero point 8, and float16 scales [vocabulary, hidden / 32]."""


class WordEmbeddings(NamedTuple):
    """What it takes to write a table into a graph."""

    graph: GraphBuilder
    checkpoint: Checkpoint
    architecture: Architecture
    file: WeightFile

    def gather(self, ids: str, *, quantised: bool) -> str:
        """Return float32 [..., hidden] for ids [...].

        A table that the checkpoint stores in 4-bit blocks stays in them, exactly, whatever
        `quantised` says.
        """
        if BLOCKS_TENSOR in self.checkpoint:
            return self._gather_four_bit(ids)
        if quantised:
            return self._gather_eight_bit(ids)
        shape = (self.architecture.vocabulary, self.architecture.hidden)
        chunks = self.checkpoint.chunks(self._table, shape=shape)
        table = self.graph.streamed(chunks, dtype=np.float32, shape=shape, into=self.file)
        return self.graph.add("Gather", [table, ids])

    @property
    def _table(self) -> str:
        return f"{self.architecture.prefix}embeddings.word_embeddings.weight"

    def _gather_four_bit(self, ids: str) -> str:
        graph, rows, hidden = self.graph, self.architecture.vocabulary, self.architecture.hidden
        pairs = graph.streamed(
            self.checkpoint.raw_chunks(BLOCKS_TENSOR, shape=(rows, hidden // 2), dtypes=("U8",)),
            dtype=np.uint8,
            shape=(rows, hidden // 2),
            into=self.file,
        )
        scales = graph.streamed(
            self.checkpoint.raw_chunks(
                SCALES_TENSOR, shape=(rows, hidden // BLOCK), dtypes=("F16",)
            ),
            dtype=np.float16,
            shape=(rows, hidden // BLOCK),
            into=self.file,
        )
        found = graph.add("Gather", [pairs, ids])
        low = graph.add("BitwiseAnd", [found, graph.constant(15, dtype=np.uint8)])
        high = graph.add(
            "BitShift",
            [found, graph.constant(4, dtype=np.uint8)],
            attributes={"direction": "RIGHT"},
        )
        last = graph.constant([-1], dtype=np.int64)
        halves = [graph.add("Unsqueeze", [half, last]) for half in (low, high)]
        codes = graph.add("Concat", halves, attributes={"axis": -1})
        centred = graph.add("Sub", [self._as_float(codes), graph.constant(8, dtype=np.float32)])
        return self._scaled(centred, graph.add("Gather", [scales, ids]))

    def _gather_eight_bit(self, ids: str) -> str:
        rows, hidden = self.architecture.vocabulary, self.architecture.hidden
        blocks = -(-hidden // BLOCK)
        scales: list[NDArray[np.float16]] = []

        def codes() -> Iterator[NDArray[np.int8]]:
            for chunk in self.checkpoint.chunks(self._table, shape=(rows, hidden)):
                integers, scale = quantised_blocks(chunk)
                scales.append(scale)
                yield integers

        table = self.graph.streamed(
            codes(), dtype=np.int8, shape=(rows, blocks * BLOCK), into=self.file
        )
        scale_table = self.graph.streamed(
            scales, dtype=np.float16, shape=(rows, blocks), into=self.file
        )
        found = self._as_float(self.graph.add("Gather", [table, ids]))
        return self._scaled(found, self.graph.add("Gather", [scale_table, ids]))

    def _as_float(self, value: str) -> str:
        return self.graph.add("Cast", [value], attributes={"to": 1})

    def _scaled(self, codes: str, scales: str) -> str:
        """Multiply codes [rows, length, ...] by the scales of their blocks."""
        graph = self.graph
        grid = graph.constant([0, 0, -1, BLOCK], dtype=np.int64)
        last = graph.constant([-1], dtype=np.int64)
        blocks = graph.add("Reshape", [codes, grid])
        factors = graph.add("Unsqueeze", [self._as_float(scales), last])
        product = graph.add("Mul", [blocks, factors])
        flat = graph.add("Reshape", [product, graph.constant([0, 0, -1], dtype=np.int64)])
        return flat if self.architecture.hidden % BLOCK == 0 else self._trimmed(flat)

    def _trimmed(self, rows: str) -> str:
        """Drop the features that fill up the last block."""
        bounds = [0], [self.architecture.hidden], [2]
        return self.graph.add(
            "Slice", [rows, *(self.graph.constant(bound, dtype=np.int64) for bound in bounds)]
        )


def quantised_blocks(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Integers [n, hidden] and scales [n, hidden / BLOCK]; hidden is filled up to whole blocks."""
    missing = -rows.shape[1] % BLOCK
    blocks = np.pad(rows, ((0, 0), (0, missing))).reshape(len(rows), -1, BLOCK)
    # The integers are found for the scale as it is stored, so its rounding costs nothing.
    scales = (np.abs(blocks).max(axis=-1) / np.float32(127)).astype(np.float16)
    steps = scales.astype(np.float32)
    steps[steps == 0] = 1
    integers = np.clip(np.rint(blocks / steps[..., None]), -127, 127).astype(np.int8)
    return integers.reshape(len(rows), -1), scales
