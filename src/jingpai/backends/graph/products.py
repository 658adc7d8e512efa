"""Products of activations with weight matrices, in float32 or in integers of 8 or 4 bits.

The integer product quantises every token by itself (symmetric, by its largest absolute value) and
every output channel of the weights by itself. ONNX Runtime's own dynamic quantisation takes one
scale for the whole batch, so a pair's score would depend on the pairs beside it; with one scale a
token it does not, the error is smaller, and the time is the same.

Matrices that a checkpoint holds in 4-bit blocks can stay in them: ONNX Runtime's MatMulNBits takes
half the memory of 8 bits and, in long rows, twice the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from jingpai.backends.graph.embeddings import BLOCK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.backends.graph.builder import GraphBuilder
    from jingpai.backends.graph.checkpoint import Checkpoint
    from jingpai.backends.graph.weight_file import WeightFile

ACTIVATION_RANGE = "activation_range"
ACTIVATION_ZERO_POINT = "activation_zero_point"
"""Inputs of an int8 graph: activations become integers within zero point ± range."""

WIDE_ACTIVATIONS = {ACTIVATION_RANGE: 127, ACTIVATION_ZERO_POINT: 128}
NARROW_ACTIVATIONS = {ACTIVATION_RANGE: 63, ACTIVATION_ZERO_POINT: 64}
"""All 8 bits, or 7: for CPUs whose kernels add two products in 16 bits (2 * 127 * 127 fits,
2 * 255 * 127 does not). A graph that is fed neither uses all 8."""

SMALLEST_RANGE = 1e-9
"""Keeps a token of zeros from a division by zero."""

INT8_ACTIVATIONS = 4
"""ONNX Runtime's `accuracy_level` for activations in 8 bits with a scale for every block of 32."""


class Operand(NamedTuple):
    """Activations made ready for products; several products can share them."""

    values: str
    row_scale: str | None = None


class MatrixProducts(Protocol):
    """How a graph multiplies activations [..., in] by weights."""

    def prepare(self, activations: str, *, width: int) -> Operand:
        """Make activations [rows, length, width] ready, once for all products that take them."""

    def multiply(self, operand: Operand, name: str, *, shape: tuple[int, int]) -> str:
        """Return float32 [..., out] for the matrix of this name and shape, [out, in]."""


class Float32Products:
    """Plain products."""

    def __init__(self, graph: GraphBuilder, checkpoint: Checkpoint, *, weights: WeightFile) -> None:
        self._graph = graph
        self._checkpoint = checkpoint
        self._weights = weights

    def prepare(self, activations: str, *, width: int) -> Operand:
        """Nothing to do."""
        del width
        return Operand(activations)

    def multiply(self, operand: Operand, name: str, *, shape: tuple[int, int]) -> str:
        """One node."""
        weight = self._checkpoint.read(name, shape=shape)
        matrix = self._graph.weight(weight.T, into=self._weights)
        return self._graph.add("MatMul", [operand.values, matrix])


class Int8Products:
    """Products of 8-bit integers, scaled back to float32."""

    def __init__(self, graph: GraphBuilder, checkpoint: Checkpoint, *, weights: WeightFile) -> None:
        self._graph = graph
        self._checkpoint = checkpoint
        self._weights = weights
        self._range = graph.setting(ACTIVATION_RANGE, np.array(127, np.float32))
        self._zero_point = graph.setting(ACTIVATION_ZERO_POINT, np.array(128, np.uint8))
        self._one = graph.constant(1, dtype=np.float32)

    def prepare(self, activations: str, *, width: int) -> Operand:
        """Quantise every token by itself: a token is one block of blocked quantisation.

        The largest absolute value comes from two reductions, which write next to nothing; Abs would
        write as much as it reads.
        """
        add = self._graph.add
        last = self._graph.constant([-1], dtype=np.int64)
        highest = add("ReduceMax", [activations, last])
        lowest = add("ReduceMin", [activations, last])
        smallest = self._graph.constant(SMALLEST_RANGE, dtype=np.float32)
        largest = add("Max", [highest, add("Neg", [lowest]), smallest])
        scale = add("Div", [largest, self._range])
        zero_point = add("Expand", [self._zero_point, add("Shape", [scale])])
        quantised = add(
            "QuantizeLinear",
            [activations, scale, zero_point],
            attributes={"axis": 2, "block_size": width},
        )
        return Operand(quantised, row_scale=scale)

    def multiply(self, operand: Operand, name: str, *, shape: tuple[int, int]) -> str:
        """Multiply integers, then scale rows and channels."""
        integers, scales = quantised_channels(self._checkpoint.read(name, shape=shape))
        matrix = self._graph.weight(integers.T, into=self._weights)
        product = self._graph.add(
            "MatMulIntegerToFloat",
            [
                operand.values,
                matrix,
                self._one,
                self._graph.constant(scales, dtype=np.float32),
                self._zero_point,
            ],
        )
        assert operand.row_scale is not None  # noqa: S101 - `prepare` above always sets it
        return self._graph.add("Mul", [product, operand.row_scale])


class FourBitProducts:
    """Products with matrices in 4-bit blocks, written as the checkpoint stores them.

    For the matrix `name` it holds `name.blocks`, uint8 [out, in / 2], and `name.scales`, float16
    [out, in / 32], packed like word embeddings in 4-bit blocks.

    For vectors that are compared by their cosine: with activations that share a scale by blocks of
    32 a vector stays within .0003 of the float32 one; with one scale a token it strays by .001.
    """

    def __init__(self, graph: GraphBuilder, checkpoint: Checkpoint, *, weights: WeightFile) -> None:
        self._graph = graph
        self._checkpoint = checkpoint
        self._weights = weights

    def prepare(self, activations: str, *, width: int) -> Operand:
        """Nothing to do: the operator itself rounds activations, every token by itself."""
        del width
        return Operand(activations)

    def multiply(self, operand: Operand, name: str, *, shape: tuple[int, int]) -> str:
        """One node, besides the scales, which become float32 when the graph is opened."""
        outputs, inputs = shape
        blocks = self._graph.streamed(
            self._checkpoint.raw_chunks(
                f"{name}.blocks", shape=(outputs, inputs // 2), dtypes=("U8",)
            ),
            dtype=np.uint8,
            shape=(outputs, inputs // BLOCK, BLOCK // 2),
            into=self._weights,
        )
        scales = self._graph.streamed(
            self._checkpoint.raw_chunks(
                f"{name}.scales", shape=(outputs, inputs // BLOCK), dtypes=("F16",)
            ),
            dtype=np.float16,
            shape=(outputs * inputs // BLOCK,),
            into=self._weights,
        )
        return self._graph.add(
            "MatMulNBits",
            [operand.values, blocks, self._graph.add("Cast", [scales], attributes={"to": 1})],
            attributes={
                "K": inputs,
                "N": outputs,
                "bits": 4,
                "block_size": BLOCK,
                "accuracy_level": INT8_ACTIVATIONS,
            },
        )


def quantised_channels(
    weight: NDArray[np.float32],
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Integers [out, in] within ±127 and one scale per output channel [out]."""
    scales = np.abs(weight).max(axis=1) / np.float32(127)
    scales[scales == 0] = 1
    return np.rint(weight / scales[:, None]).astype(np.int8), scales
