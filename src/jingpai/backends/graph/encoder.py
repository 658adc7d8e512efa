"""The encoder of a model: embeddings, then BERT layers (normalisation after the sum)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jingpai.backends.graph.inputs import (
    Inputs,
    position_ids,
    shared_tokens,
    token_type_ids,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.backends.graph.architecture import Architecture
    from jingpai.backends.graph.attention import AttentionFeatures
    from jingpai.backends.graph.builder import GraphBuilder
    from jingpai.backends.graph.checkpoint import Checkpoint
    from jingpai.backends.graph.packing import Packing
    from jingpai.backends.graph.products import MatrixProducts, Operand
    from jingpai.backends.graph.weight_file import WeightFile


SHARED_MARK = "shared_token"
"""Tensor [hidden], added to the tokens that both texts of a row hold."""


def marking_layer(layers: int) -> int:
    """The layer before which shared tokens are marked: the fifth, or the last of a shallow network.

    The layers below line up the languages, and training seldom moves them.
    """
    return min(4, layers - 1)


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes the parts of an encoder into a graph.

    Values have the shape [1, tokens, hidden] unless said otherwise.
    """

    graph: GraphBuilder
    checkpoint: Checkpoint
    architecture: Architecture
    weights: WeightFile
    products: MatrixProducts
    features: AttentionFeatures
    packing: Packing

    def embed(self, words: str, inputs: Inputs) -> str:
        """Add positions and token types to the gathered word embeddings, and normalise."""
        sizes, graph = self.architecture, self.graph
        name = f"{sizes.prefix}embeddings"
        table = self._stored(f"{name}.position_embeddings.weight", sizes.positions, sizes.hidden)
        added = graph.add(
            "Gather",
            [
                graph.weight(table, into=self.weights),
                position_ids(graph, inputs, sizes),
            ],
        )
        types = self._stored(
            f"{name}.token_type_embeddings.weight", sizes.token_types, sizes.hidden
        )
        which = token_type_ids(graph, inputs, sizes)
        first_type = types[0]
        if which is not None:
            chosen = graph.add("Gather", [graph.constant(types, dtype=np.float32), which])
            added = graph.add("Add", [chosen, added])
            first_type = np.zeros_like(first_type)
        rows = self._normalised(words, added, bias=first_type, name=f"{name}.LayerNorm")
        return self.packing.pack(rows, width=sizes.hidden)

    def mark_shared(self, x: str, inputs: Inputs) -> str:
        """Mark the tokens that both texts of a row hold by a vector of their own."""
        graph = self.graph
        flags = graph.add("Cast", [shared_tokens(graph, inputs)], attributes={"to": 1})
        column = graph.add("Unsqueeze", [flags, graph.constant([2], dtype=np.int64)])
        vector = self._vector(self._stored(SHARED_MARK, self.architecture.hidden))
        marks = graph.add("Mul", [self.packing.pack(column, width=1), vector])
        return graph.add("Add", [x, marks])

    def layer(self, x: str, number: int, *, first_token_only: bool = False) -> str:
        """Write a layer: of [1, tokens, hidden], as all layers but one return it.

        With `first_token_only` the result is [rows, 1, hidden]: for the last layer of a model
        whose head reads nothing else.
        """
        name = f"{self.architecture.prefix}encoder.layer.{number}"
        hidden, inner = self.architecture.hidden, self.architecture.inner
        operand = asking = self.products.prepare(x, width=hidden)
        if first_token_only:
            x = self._first_token(self.rows(x))
            asking = self.products.prepare(x, width=hidden)
        attended = self._attention(asking, operand, number, first_token_only=first_token_only)
        x = self._residual(attended, x, f"{name}.attention.output", shape=(hidden, hidden))
        operand = self.products.prepare(x, width=hidden)
        between = self._linear(operand, f"{name}.intermediate.dense", shape=(inner, hidden))
        active = self._activated(between, self._stored(f"{name}.intermediate.dense.bias", inner))
        return self._residual(active, x, f"{name}.output", shape=(hidden, inner))

    def rows(self, x: str) -> str:
        """Return tokens as rows, [rows, length, hidden]; what the padding holds is any."""
        return self.packing.unpack(x, width=self.architecture.hidden)

    def _first_token(self, x: str) -> str:
        """Return the first token of every row, [rows, 1, ...]."""
        bounds = (self.graph.constant([bound], dtype=np.int64) for bound in (0, 1, 1))
        return self.graph.add("Slice", [x, *bounds])

    def _attention(
        self, asking: Operand, operand: Operand, number: int, *, first_token_only: bool
    ) -> str:
        sizes = self.architecture
        name = f"{sizes.prefix}encoder.layer.{number}.attention.self"
        square = (sizes.hidden, sizes.hidden)
        features = self.features.queries(number)
        queries = self._linear(asking, f"{name}.query", shape=square)
        if first_token_only:
            features = self._first_token(features)
        else:
            queries = self.rows(queries)
        keys = self.rows(self._linear(operand, f"{name}.key", shape=square))
        bias = [
            self._widened_bias(f"{name}.query.bias"),
            self._widened_bias(f"{name}.key.bias"),
            self._stored(f"{name}.value.bias", sizes.hidden),
        ]
        attended = self.graph.add(
            "MultiHeadAttention",
            [
                self._widened(queries, features),
                self._widened(keys, self.features.keys()),
                self.rows(self._linear(operand, f"{name}.value", shape=square)),
                self._vector(np.concatenate(bias)),
            ],
            attributes={"num_heads": sizes.heads, "scale": 1 / math.sqrt(sizes.head_size)},
        )
        return attended if first_token_only else self.packing.pack(attended, width=sizes.hidden)

    def _widened(self, x: str, features: str) -> str:
        """Put the attention features beside those of each head: [rows, length, heads * wider]."""
        sizes, graph = self.architecture, self.graph
        by_head = graph.constant([0, 0, sizes.heads, sizes.head_size], dtype=np.int64)
        heads = graph.add("Reshape", [x, by_head])
        wider = graph.add("Concat", [heads, features], attributes={"axis": 3})
        return graph.add("Reshape", [wider, graph.constant([0, 0, -1], dtype=np.int64)])

    def _widened_bias(self, name: str) -> NDArray[np.float32]:
        """A bias [hidden] with zeros in the place of each head's attention features."""
        sizes = self.architecture
        by_head = self._stored(name, sizes.hidden).reshape(sizes.heads, sizes.head_size)
        return np.pad(by_head, ((0, 0), (0, self.features.count))).reshape(-1)

    def _activated(self, x: str, bias: NDArray[np.float32]) -> str:
        graph, activation = self.graph, self.architecture.activation
        inputs = [x, self._vector(bias)]
        if activation == "relu":
            return graph.add("Relu", [graph.add("Add", inputs)])
        return graph.add("BiasGelu" if activation == "gelu" else "FastGelu", inputs)

    def _residual(self, x: str, skip: str, name: str, *, shape: tuple[int, int]) -> str:
        """The end of a half layer: a dense layer, plus what came in, normalised."""
        operand = self.products.prepare(x, width=shape[1])
        dense = self._linear(operand, f"{name}.dense", shape=shape)
        bias = self._stored(f"{name}.dense.bias", shape[0])
        return self._normalised(dense, skip, bias=bias, name=f"{name}.LayerNorm")

    def _linear(self, operand: Operand, name: str, *, shape: tuple[int, int]) -> str:
        """Multiply by a weight matrix [out, in], without its bias."""
        return self.products.multiply(operand, f"{name}.weight", shape=shape)

    def _normalised(self, x: str, skip: str, *, bias: NDArray[np.float32], name: str) -> str:
        """Layer normalisation of x + bias + skip.

        Three plain nodes: ONNX Runtime's fused SkipLayerNormalization took four times as long in
        1.32, and saved less than a third in 1.20 and 1.23.
        """
        graph, hidden = self.graph, self.architecture.hidden
        gain = self._vector(self._stored(f"{name}.weight", hidden))
        shift = self._vector(self._stored(f"{name}.bias", hidden))
        total = graph.add("Add", [graph.add("Add", [x, self._vector(bias)]), skip])
        return graph.add(
            "LayerNormalization",
            [total, gain, shift],
            attributes={"epsilon": self.architecture.epsilon},
        )

    def _vector(self, values: NDArray[np.float32]) -> str:
        return self.graph.constant(values, dtype=np.float32)

    def _stored(self, name: str, *shape: int) -> NDArray[np.float32]:
        return self.checkpoint.read(name, shape=shape)
