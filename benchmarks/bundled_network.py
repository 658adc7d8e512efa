"""The bundled model as a PyTorch network, read back from its graph.

The package carries an ONNX graph with int8 matrices and no checkpoint. What the graph multiplies by
(an integer and the scale of its channel) are the weights of this network, exactly; only activations
are not rounded here. So the two differ by what int8 activations cost, and this one can be run in
number formats that no graph is written for. Nodes are found by the order in which
`jingpai.backends.graph` writes them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from jingpai.backends.graph.onnx_format import OnnxMessages
from jingpai.files.model_folder import GRAPH

sys.path.append(str(Path(__file__).parent.parent / "recipe"))

from model import TwoSegmentEncoder, make_batch

__all__ = ["TwoSegmentEncoder", "make_batch", "read_bundled_network"]

FOLDER = Path(str(files("jingpai") / "bundled"))
TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 10: np.float16}
BLOCK = 32


def read_bundled_network() -> TwoSegmentEncoder:
    """Return the network with the weights of the bundled graph, in float32."""
    graph = _Graph(FOLDER / GRAPH)
    norms = list(graph.nodes("LayerNormalization"))
    gains = [graph.stored(node.input[1]) for node in norms]
    shifts = [graph.stored(node.input[2]) for node in norms]
    additions = [_added_before(graph, node) for node in norms]
    hidden = len(gains[0])
    attentions = list(graph.nodes("MultiHeadAttention"))
    products = [_matrix(graph, node) for node in graph.nodes("MatMulIntegerToFloat")]
    positions = _positions(graph, hidden)
    heads = attentions[0].attribute[0].i
    network = TwoSegmentEncoder(
        {
            "hidden_size": hidden,
            "num_hidden_layers": len(attentions),
            "num_attention_heads": heads,
            "intermediate_size": len(products[4]),
            "layer_norm_eps": norms[0].attribute[0].f,
            "vocab_size": 1,  # replaced below
            "max_position_embeddings": len(positions),
            "type_vocab_size": 1,
        }
    )
    network.words = _words(graph, hidden)
    _set(network.positions.weight, positions)
    _set(network.types.weight, additions[0])
    inner_biases = [graph.stored(node.input[1]) for node in graph.nodes("BiasGelu")]
    for number, layer in enumerate(network.layers):
        parts = (layer.query, layer.key, layer.value, layer.attended, layer.inner, layer.outer)
        biases = [
            *_attention_biases(graph, attentions[number], hidden=hidden, heads=heads),
            additions[2 * number + 1],
            inner_biases[number],
            additions[2 * number + 2],
        ]
        matrices = products[6 * number : 6 * number + 6]
        for part, matrix, bias in zip(parts, matrices, biases, strict=True):
            _set(part.weight, matrix)
            _set(part.bias, bias)
        wall = _wall(graph, number) / math.sqrt(hidden // heads)
        _set(network.cross_segment_bias[number], wall)
    halves = [norm for layer in network.layers for norm in (layer.attended_norm, layer.outer_norm)]
    for norm, gain, shift in zip([network.norm, *halves], gains, shifts, strict=True):
        _set(norm.weight, gain)
        _set(norm.bias, shift)
    (head,) = graph.nodes("Gemm")
    weight = graph.stored(head.input[1]).T.copy()
    weight[:, hidden:] /= hidden  # the network multiplies these features by the hidden size
    _set(network.linear.weight, weight)
    _set(network.offset, graph.stored(head.input[2]))
    _set(network.scale, np.zeros(1, np.float32))  # the graph has it in the weights above
    return network.eval()


class _Graph:
    """A graph and its tensors."""

    def __init__(self, path: Path) -> None:
        model = OnnxMessages().new("ModelProto")
        model.ParseFromString(path.read_bytes())
        self._graph = model.graph
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._folder = path.parent
        self.makers = {node.output[0]: node for node in model.graph.node}

    def nodes(self, operator: str) -> Iterator[Any]:
        return (node for node in self._graph.node if node.op_type == operator)

    def find(self, name: str) -> np.ndarray | None:
        return self.stored(name) if name in self._tensors else None

    def stored(self, name: str) -> np.ndarray:
        tensor = self._tensors[name]
        data = tensor.raw_data
        if tensor.external_data:
            place = {entry.key: entry.value for entry in tensor.external_data}
            with (self._folder / place["location"]).open("rb") as file:
                file.seek(int(place["offset"]))
                data = file.read(int(place["length"]))
        return np.frombuffer(data, TYPES[tensor.data_type]).reshape(tuple(tensor.dims))


def _matrix(graph: _Graph, node: Any) -> np.ndarray:  # noqa: ANN401 - a protobuf message
    """The weights of a product, [out, in]."""
    integers, scales = graph.stored(node.input[1]), graph.stored(node.input[3])
    return (integers.astype(np.float32) * scales).T


def _added_before(graph: _Graph, norm: Any) -> np.ndarray:  # noqa: ANN401
    """The bias that is added before a normalisation, besides what passes a half layer by."""
    total = graph.makers[norm.input[0]]
    return graph.stored(graph.makers[total.input[0]].input[1])


def _wall(graph: _Graph, number: int) -> np.ndarray:
    """[2, heads]: what a layer's attention costs from the first text to the second, and back."""
    costs = [
        [table[0, 0] for name in node.input[1:] if (table := graph.find(name)) is not None]
        for node in graph.nodes("Where")
        if (table := graph.find(node.input[1])) is not None and table.ndim == 4
    ]
    of_second, of_first = costs[number]
    return np.stack([of_first[:, 1], of_second[:, 0]])


def _positions(graph: _Graph, hidden: int) -> np.ndarray:
    """The one float table with rows of the hidden size that is gathered from."""
    tables = [graph.find(node.input[0]) for node in graph.nodes("Gather")]
    (table,) = (
        table
        for table in tables
        if table is not None and table.dtype == np.float32 and table.shape[1:] == (hidden,)
    )
    return table


def _attention_biases(
    graph: _Graph,
    node: Any,  # noqa: ANN401 - a protobuf message
    *,
    hidden: int,
    heads: int,
) -> list[np.ndarray]:
    """Biases of query, key and value, without the places of the attention features."""
    bias = graph.stored(node.input[3])
    widened = (len(bias) - hidden) // 2
    parts = [bias[:widened], bias[widened : 2 * widened]]
    cut = [part.reshape(heads, -1)[:, : hidden // heads].reshape(-1) for part in parts]
    return [*cut, bias[2 * widened :]]


def _words(graph: _Graph, hidden: int) -> Tensor:
    """The word embeddings in float32, out of their 4-bit blocks."""
    tables = [graph.find(node.input[0]) for node in graph.nodes("Gather")]
    (packed,) = (table for table in tables if table is not None and table.dtype == np.uint8)
    (scales,) = (table for table in tables if table is not None and table.dtype == np.float16)
    codes = np.stack([packed & 15, packed >> 4], axis=-1).reshape(len(packed), -1, BLOCK)
    values = (codes.astype(np.float32) - 8) * scales.astype(np.float32)[..., None]
    return torch.from_numpy(values.reshape(len(packed), hidden))


def _set(parameter: nn.Parameter | Tensor, values: np.ndarray) -> None:
    with torch.no_grad():
        parameter.copy_(torch.tensor(values).reshape(parameter.shape))
