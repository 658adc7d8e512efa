"""How many multiplications and additions a pair costs, by the shapes of a model's matrices.

Counted are the products with the matrices of the layers and those of attention: all but a few
thousandths of the work. An addition and a multiplication are two operations; padding counts for
nothing, because nobody asked for it.
"""

from __future__ import annotations

import json
import math
import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from safetensors import safe_open

from jingpai.backends.graph.onnx_format import OnnxMessages
from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, ModelFolder

if TYPE_CHECKING:
    from pathlib import Path

_PRODUCTS = frozenset({"MatMul", "MatMulInteger", "MatMulIntegerToFloat", "MatMulNBits"})

_LAYER_MATRIX = re.compile(r"(^|\.)(layers?|h|blocks?)\.\d+\..*weight$")


class Product(NamedTuple):
    """A product with a matrix of weights.

    Attributes:
        inputs: Features of a token that go in.
        outputs: Features that come out.
        first_token_only: Whether it is made for the first token of a row alone.
    """

    inputs: int
    outputs: int
    first_token_only: bool = False


class Attention(NamedTuple):
    """The two products of a layer's attention.

    Attributes:
        features: Of all heads together.
        first_token_only: Whether the first token of a row alone attends.
        is_causal: Whether a token attends to those before it alone.
    """

    features: int
    first_token_only: bool = False
    is_causal: bool = False


class Network(NamedTuple):
    """The work of a model, layer after layer."""

    products: tuple[Product, ...]
    attentions: tuple[Attention, ...]

    def operations(self, tokens: int) -> int:
        """Return the operations of a row of so many tokens."""
        total = 0
        for product in self.products:
            rows = 1 if product.first_token_only else tokens
            total += 2 * rows * product.inputs * product.outputs
        for attention in self.attentions:
            seen = tokens if attention.first_token_only else tokens * tokens
            if attention.is_causal:
                seen = tokens * (tokens + 1) // 2
            total += 4 * seen * attention.features
        return total

    def largest_shapes(self, count: int) -> list[tuple[int, int]]:
        """Return the (inputs, outputs) that take most of the work, at most so many."""
        work: dict[tuple[int, int], int] = {}
        for inputs, outputs, first_token_only in self.products:
            if not first_token_only:
                work[inputs, outputs] = work.get((inputs, outputs), 0) + inputs * outputs
        return sorted(work, key=lambda shape: -work[shape])[:count]


def read_graph(path: Path) -> Network:
    """Return the network that a graph of jingpai holds, as the graph runs it."""
    model = OnnxMessages().new("ModelProto")
    model.ParseFromString(path.read_bytes())
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    products, attentions = [], []
    of_first_token: set[str] = set()
    hidden = _hidden_size(model.graph, stored)
    for node in model.graph.node:
        is_first = _takes_first_token(node, stored) or not of_first_token.isdisjoint(node.input)
        if is_first:
            of_first_token.update(node.output)
        if node.op_type == "MultiHeadAttention":
            attentions.append(Attention(hidden, is_first))
        elif node.op_type in _PRODUCTS and node.input[1] in stored:
            products.append(Product(*_shape(node, stored[node.input[1]]), is_first))
    return Network(tuple(products), tuple(attentions))


def read_checkpoint(folder: Path, *, is_causal: bool) -> Network:
    """Return the network of a checkpoint, every layer run on every token.

    Args:
        folder: Holds config.json and safetensors files.
        is_causal: Whether a token attends to those before it alone.

    Raises:
        ModelFilesInvalid: The sizes are not where every supported architecture has them.
    """
    products = []
    for path in ModelFolder.read(folder).checkpoint:
        with safe_open(os.fspath(path), framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118 - not a mapping
                shape = file.get_slice(name).get_shape()
                if len(shape) == 2 and _LAYER_MATRIX.search(name):
                    products.append(Product(inputs=shape[1], outputs=shape[0]))
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    try:
        heads = int(config["num_attention_heads"])
        features = heads * int(config.get("head_dim") or config["hidden_size"] // heads)
        layers = int(config["num_hidden_layers"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFilesInvalid(
            f"{folder / 'config.json'}: num_attention_heads, num_hidden_layers and hidden_size are"
            f" needed to count the operations of a pair ({error!r})."
        ) from error
    return Network(tuple(products), (Attention(features, is_causal=is_causal),) * layers)


def _hidden_size(graph: Any, stored: dict[str, Any]) -> int:  # noqa: ANN401 - protobuf messages
    gains = (node.input[1] for node in graph.node if node.op_type == "LayerNormalization")
    return math.prod(stored[next(gains)].dims)


def _takes_first_token(node: Any, stored: dict[str, Any]) -> bool:  # noqa: ANN401
    """Whether a node is the slice 0:1 along the tokens of [rows, tokens, ...]."""
    if node.op_type != "Slice" or not all(name in stored for name in node.input[1:4]):
        return False
    bounds = [np.frombuffer(stored[name].raw_data, np.int64) for name in node.input[1:4]]
    return [bound.tolist() for bound in bounds] == [[0], [1], [1]]


def _shape(node: Any, weight: Any) -> tuple[int, int]:  # noqa: ANN401
    if node.op_type == "MatMulNBits":
        sizes = {attribute.name: attribute.i for attribute in node.attribute}
        return sizes["K"], sizes["N"]
    inputs, outputs = weight.dims
    return inputs, outputs
