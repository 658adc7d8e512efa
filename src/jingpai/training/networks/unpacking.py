"""The bundled graph turned back into the checkpoint that it was written from, for training.

Only the graph is in the package: its matrices are 8-bit integers with a scale for each output
channel, its word embeddings 4-bit blocks. The matrices become float32 again, each integer times its
scale, which is all that is left of the weights before they were rounded; the blocks are copied as
they are. The graph names no tensors, so each is known by the node that reads it and by its turn:
the nodes of a layer always come in the order in which `backends.graph.encoder` writes them.
"""

from __future__ import annotations

import json
import math
import shutil
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from safetensors.numpy import save_file

from jingpai.backends.graph.conversion import EVIDENCE
from jingpai.backends.graph.embeddings import BLOCKS_TENSOR, SCALES_TENSOR
from jingpai.backends.graph.encoder import SHARED_MARK
from jingpai.backends.graph.heads import COMPARE_HEAD, EVIDENCE_HEAD, VERDICT_HEAD
from jingpai.backends.graph.onnx_format import EXTERNAL, DataType, OnnxMessages
from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, GRAPH, TABLE, WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_Node: TypeAlias = Any
"""A protobuf message: it has no types here."""

# What a layer multiplies by, in the order of the graph.
_MATRICES = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_WALL_FEATURES = 3  # beside those of each head: see `backends.graph.attention`
_DTYPES = {
    DataType.FLOAT: np.float32,
    DataType.UINT8: np.uint8,
    DataType.INT8: np.int8,
    DataType.INT64: np.int64,
    DataType.FLOAT16: np.float16,
}


def unpack(folder: Path, output: Path) -> None:
    """Write the checkpoint of the bundled model, with its tokenizer and its notice.

    Args:
        folder: Holds an int8 graph of a two-segment model, and its tokenizer.
        output: An existing folder.

    Raises:
        ModelFilesInvalid: The graph is another one.
    """
    try:
        graph = _Graph(folder)
        tensors, config = _network(graph)
        words = _word_embeddings(graph)
    except (IndexError, KeyError, ValueError) as error:
        raise ModelFilesInvalid(
            f"{folder / GRAPH} is not an int8 graph of the bundled model's kind ({error!r})."
        ) from error
    config["vocab_size"] = len(words[BLOCKS_TENSOR])
    (output / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    save_file(tensors, output / WEIGHTS, metadata={"format": "pt"})
    save_file(words, output / TABLE)
    for path in (*folder.glob("tokenizer.json*"), *folder.glob("NOTICE")):
        shutil.copyfile(path, output / path.name)


class _Graph:
    """The nodes of a graph by their operator, and its tensors by their name."""

    def __init__(self, folder: Path) -> None:
        model = OnnxMessages().new("ModelProto")
        model.ParseFromString((folder / GRAPH).read_bytes())
        self._folder = folder
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: dict[str, list[_Node]] = {}
        self._by_output: dict[str, _Node] = {}
        for node in model.graph.node:
            self._nodes.setdefault(node.op_type, []).append(node)
            self._by_output[node.output[0]] = node

    def nodes(self, operator: str) -> list[_Node]:
        """Nodes in the order of the graph."""
        return self._nodes.get(operator, [])

    def before(self, node: _Node, place: int) -> _Node:
        """The node that makes an input of another."""
        return self._by_output[node.input[place]]

    def makes(self, name: str) -> bool:
        """Whether the graph has an output of this name."""
        return name in self._by_output

    def holds(self, name: str) -> bool:
        """Whether an input is a tensor of the graph, not another node's output."""
        return name in self._tensors

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a stored tensor."""
        tensor = self._tensors[name]
        dtype = np.dtype(_DTYPES[DataType(tensor.data_type)])
        if tensor.data_location == EXTERNAL:
            where = {entry.key: entry.value for entry in tensor.external_data}
            values = np.fromfile(
                self._folder / where["location"],
                dtype,
                int(where["length"]) // dtype.itemsize,
                offset=int(where["offset"]),
            )
        else:
            values = np.frombuffer(tensor.raw_data, dtype)
        return values.reshape(tuple(tensor.dims)).copy()


def _network(graph: _Graph) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """Return all tensors but the word embeddings, and the config.json."""
    attentions = graph.nodes("MultiHeadAttention")
    norms = graph.nodes("LayerNormalization")
    heads = _attribute(attentions[0], "num_heads").i
    tensors = _norm(graph, norms[0], "embeddings")
    # The first normalisation adds the only token type where the others add a bias.
    first_type = tensors.pop("embeddings.bias")
    hidden = len(first_type)
    tensors["embeddings.token_type_embeddings.weight"] = first_type[None]
    positions = graph.before(graph.before(norms[0], 0), 1)
    tensors["embeddings.position_embeddings.weight"] = graph.tensor(positions.input[0])
    for number, attention in enumerate(attentions):
        tensors |= _layer(graph, number, attention, heads=heads)
    tensors["cross_segment_bias"] = _wall(graph, head_size=hidden // heads)
    tensors |= _head(graph, hidden=hidden) | _shared_mark(graph)
    tensors = {name: np.ascontiguousarray(values, np.float32) for name, values in tensors.items()}
    return tensors, {
        "model_type": "two-segment-bert",
        "hidden_size": hidden,
        "num_hidden_layers": len(attentions),
        "num_attention_heads": heads,
        "intermediate_size": len(tensors["encoder.layer.0.intermediate.dense.bias"]),
        "max_position_embeddings": len(tensors["embeddings.position_embeddings.weight"]),
        "type_vocab_size": 1,
        # Stored as float32, meant as the decimal number that is nearest.
        "layer_norm_eps": float(f"{_attribute(norms[0], 'epsilon').f:.6g}"),
        "hidden_act": "gelu",
        "num_labels": 1,
        "pad_token_id": 1,
    }


def _layer(
    graph: _Graph,
    number: int,
    attention: _Node,
    *,
    heads: int,
) -> dict[str, NDArray[Any]]:
    name = f"encoder.layer.{number}"
    products = graph.nodes("MatMulIntegerToFloat")[6 * number : 6 * number + 6]
    tensors = {}
    for matrix, product in zip(_MATRICES, products, strict=True):
        integers, scales = graph.tensor(product.input[1]), graph.tensor(product.input[3])
        tensors[f"{name}.{matrix}.weight"] = (integers.astype(np.float32) * scales).T
    for part, bias in zip(
        ("query", "key", "value"), _attention_biases(graph, attention, heads=heads), strict=True
    ):
        tensors[f"{name}.attention.self.{part}.bias"] = bias
    after_attention, after_inner = graph.nodes("LayerNormalization")[2 * number + 1 :][:2]
    for norm, part in ((after_attention, "attention.output"), (after_inner, "output")):
        found = _norm(graph, norm, f"{name}.{part}")
        tensors[f"{name}.{part}.dense.bias"] = found.pop(f"{name}.{part}.bias")
        tensors |= found
    activation = graph.nodes("BiasGelu")[number]
    tensors[f"{name}.intermediate.dense.bias"] = graph.tensor(activation.input[1])
    return tensors


def _attention_biases(
    graph: _Graph,
    attention: _Node,
    *,
    heads: int,
) -> list[NDArray[np.float32]]:
    """Return the biases of query, key and value, those of the wall's features taken out."""
    joined = graph.tensor(attention.input[3])
    hidden = (len(joined) - 2 * heads * _WALL_FEATURES) // 3
    wide = hidden + heads * _WALL_FEATURES
    query, key = joined[:wide], joined[wide : 2 * wide]
    narrow = [part.reshape(heads, -1)[:, :-_WALL_FEATURES].reshape(-1) for part in (query, key)]
    return [*narrow, joined[2 * wide :]]


def _norm(graph: _Graph, node: _Node, name: str) -> dict[str, NDArray[Any]]:
    """Return the gain and shift of a normalisation, and the bias that it adds before."""
    inner = graph.before(graph.before(node, 0), 0)
    return {
        f"{name}.LayerNorm.weight": graph.tensor(node.input[1]),
        f"{name}.LayerNorm.bias": graph.tensor(node.input[2]),
        f"{name}.bias": graph.tensor(inner.input[1]),
    }


def _wall(graph: _Graph, *, head_size: int) -> NDArray[np.float32]:
    """Return [layers, 2, heads]: what the first segment pays to look at the second, and back."""
    walls = [node for node in graph.nodes("Where") if all(map(graph.holds, node.input[1:]))]
    costs = [[graph.tensor(name)[0, 0] for name in node.input[1:]] for node in walls]
    biases = [[of_first[:, 1], of_second[:, 0]] for of_second, of_first in costs]
    return np.array(biases, np.float32) / np.float32(math.sqrt(head_size))


def _head(graph: _Graph, *, hidden: int) -> dict[str, NDArray[Any]]:
    """Return the head; the graph holds the scale of the cosine and the linear part as one sum.

    Behind it come the second opinion and the evidence head, where they are.
    """
    gemms = iter(graph.nodes("Gemm"))
    gemm = next(gemms)
    weight = graph.tensor(gemm.input[1]).T
    scale = weight[:, hidden:].mean(axis=1)
    weight[:, hidden:] -= scale
    offset = graph.tensor(gemm.input[2])
    tensors = {"head.scale": scale, "head.offset": offset, "head.linear.weight": weight}
    for tanh in graph.nodes("Tanh"):
        tensors |= _dense(graph, next(gemms), COMPARE_HEAD)
        verdict = next(node for node in graph.nodes("MatMul") if node.input[0] == tanh.output[0])
        tensors[f"{VERDICT_HEAD}.weight"] = graph.tensor(verdict.input[1]).T
    if graph.makes(EVIDENCE):
        tensors |= _dense(graph, next(gemms), EVIDENCE_HEAD)
    return tensors


def _dense(graph: _Graph, gemm: _Node, name: str) -> dict[str, NDArray[Any]]:
    weight, bias = gemm.input[1:]
    return {f"{name}.weight": graph.tensor(weight), f"{name}.bias": graph.tensor(bias)}


def _shared_mark(graph: _Graph) -> dict[str, NDArray[Any]]:
    """Return what marks the tokens that both texts hold, where the graph does so."""
    for node in graph.nodes("Mul"):
        if graph.holds(node.input[1]):  # all other products are of two computed values
            return {SHARED_MARK: graph.tensor(node.input[1])}
    return {}


def _word_embeddings(graph: _Graph) -> dict[str, NDArray[Any]]:
    tables = [node.input[0] for node in graph.nodes("Gather") if graph.holds(node.input[0])]
    found = {array.dtype: array for array in map(graph.tensor, tables[:2])}
    return {
        BLOCKS_TENSOR: found[np.dtype(np.uint8)],
        SCALES_TENSOR: found[np.dtype(np.float16)],
    }


def _attribute(node: _Node, name: str) -> _Node:
    return next(attribute for attribute in node.attribute if attribute.name == name)
