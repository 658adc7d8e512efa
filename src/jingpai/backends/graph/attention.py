"""Who may attend to whom: carried by a few features beside those of each attention head.

ONNX Runtime has an attention kernel for the CPU that never builds the [length, length] matrix, but
it takes no mask. So the mask rides in the product of queries and keys: a key says what it is (one
feature each for first segment, second segment, padding) and a query says what attending to it
costs. Faster than a mask at every length we measured, and memory grows with the length of a row
instead of its square.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.backends.graph.architecture import Architecture
    from jingpai.backends.graph.builder import GraphBuilder
    from jingpai.backends.graph.checkpoint import Checkpoint
    from jingpai.backends.graph.inputs import Inputs

PADDING_COST = -1e4
"""Added to the logit of a key that is padding: enough that its weight is exactly 0 in float32."""

WALL_TENSOR = "cross_segment_bias"
"""[layers, 2, heads]: added where the first segment attends to the second, and the reverse."""


class AttentionFeatures(Protocol):
    """Features that carry a mask: [rows, length, heads, count]."""

    count: int

    def keys(self) -> str:
        """The features of keys."""

    def queries(self, layer: int) -> str:
        """The features of queries in a layer."""


class PaddingFeatures:
    """Every token attends to every token that is not padding."""

    count = 1

    def __init__(self, graph: GraphBuilder, inputs: Inputs, architecture: Architecture) -> None:
        self._keys = _spread(graph, [inputs.is_padding], heads=architecture.heads)
        cost = PADDING_COST * math.sqrt(architecture.head_size)
        self._queries = graph.add(
            "Expand", [graph.constant(cost, dtype=np.float32), graph.add("Shape", [self._keys])]
        )

    def keys(self) -> str:
        """1 where a key is padding."""
        return self._keys

    def queries(self, layer: int) -> str:
        """The cost of padding."""
        del layer
        return self._queries


class WallFeatures:
    """Attention from one segment to the other costs a bias of the layer, direction and head."""

    count = 3

    def __init__(
        self,
        graph: GraphBuilder,
        inputs: Inputs,
        architecture: Architecture,
        *,
        checkpoint: Checkpoint,
    ) -> None:
        self._graph = graph
        heads = architecture.heads
        # A product of features is divided by the root of the head size like all the rest.
        self._factor = math.sqrt(architecture.head_size)
        self._biases = checkpoint.read(WALL_TENSOR, shape=(architecture.layers, 2, heads))
        is_first = graph.add("Not", [inputs.is_second])
        self._keys = _spread(graph, [is_first, inputs.is_second, inputs.is_padding], heads=heads)
        self._is_second = graph.add(
            "Unsqueeze", [inputs.is_second, graph.constant([2, 3], dtype=np.int64)]
        )

    def keys(self) -> str:
        """In the first segment, in the second (or behind it), padding."""
        return self._keys

    def queries(self, layer: int) -> str:
        """What it costs to attend to each of the three."""
        to_second, to_first = self._biases[layer]
        nothing = np.zeros_like(to_first)
        return self._graph.add(
            "Where",
            [self._is_second, self._costs(to_first, nothing), self._costs(nothing, to_second)],
        )

    def _costs(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> str:
        costs = np.stack([first, second, np.full_like(first, PADDING_COST)], axis=-1)
        return self._graph.constant(costs[None, None] * self._factor, dtype=np.float32)


def _spread(graph: GraphBuilder, flags: list[str], *, heads: int) -> str:
    """Bool [rows, length] each -> float32 [rows, length, heads, flags], the same for all heads."""
    axes = graph.constant([2, 3], dtype=np.int64)
    columns = [graph.add("Unsqueeze", [flag, axes]) for flag in flags]
    stacked = (
        columns[0] if len(columns) == 1 else graph.add("Concat", columns, attributes={"axis": 3})
    )
    numbers = graph.add("Cast", [stacked], attributes={"to": 1})
    return graph.add("Expand", [numbers, graph.constant([1, 1, heads, 1], dtype=np.int64)])
