"""Our own networks for one row, written from their definition with loops and float64."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from safetensors.numpy import load_file

from support.tiny_models import dequantised

if TYPE_CHECKING:
    from pathlib import Path

Tensors: TypeAlias = dict[str, np.ndarray]


def two_segment_logits(folder: Path, ids: list[int], query_length: int) -> float:
    tensors = load(folder)
    x = last_layer(folder, ids, query_length, tensors)
    first, second = direction(x[:query_length]), direction(x[query_length:])
    features = np.concatenate([x[0], first * second])
    logit = (
        tensors["head.scale"][0] * (first @ second)
        + tensors["head.offset"][0]
        + tensors["head.linear.weight"][0] @ features
    )
    if "head.verdict.weight" in tensors and len(ids) > query_length:
        both = np.concatenate([x[0], x[query_length], first * second])
        compared = np.tanh(dense(both, tensors, "head.compare"))
        logit += tensors["head.verdict.weight"][0] @ compared
    return float(logit)


def evidence_logits(folder: Path, ids: list[int], query_length: int) -> np.ndarray:
    """One a token of the row."""
    tensors = load(folder)
    x = last_layer(folder, ids, query_length, tensors)
    return x @ tensors["head.evidence.weight"][0] + tensors["head.evidence.bias"][0]


def text_vector(folder: Path, ids: list[int]) -> np.ndarray:
    """The text encoder: a row of one segment, so no wall."""
    config = json.loads((folder / "config.json").read_text())
    no_wall = np.zeros((config["num_hidden_layers"], 2, config["num_attention_heads"]))
    tensors = load(folder) | {"cross_segment_bias": no_wall}
    return direction(last_layer(folder, ids, len(ids), tensors))


def load(folder: Path) -> Tensors:
    stored = load_file(folder / "model.safetensors")
    return {name: value.astype(np.float64) for name, value in stored.items()}


def last_layer(folder: Path, ids: list[int], query_length: int, tensors: Tensors) -> np.ndarray:
    config = json.loads((folder / "config.json").read_text())
    words = dequantised(load_file(folder / "embeddings.safetensors"))
    positions = [*range(query_length), *range(len(ids) - query_length)]
    x = (
        words[ids]
        + tensors["embeddings.position_embeddings.weight"][positions]
        + tensors["embeddings.token_type_embeddings.weight"][0]
    )
    x = normalised(x, tensors, "embeddings.LayerNorm", config)
    for number in range(config["num_hidden_layers"]):
        is_marking = number == min(4, config["num_hidden_layers"] - 1)
        if is_marking and "shared_token" in tensors:
            x = x + shared(ids, query_length)[:, None] * tensors["shared_token"]
        x = layer(x, number, query_length, tensors, config)
    return x


def layer(
    x: np.ndarray, number: int, query_length: int, tensors: Tensors, config: dict[str, Any]
) -> np.ndarray:
    name = f"encoder.layer.{number}"
    heads = config["num_attention_heads"]
    size = config["hidden_size"] // heads
    query, key, value = (
        dense(x, tensors, f"{name}.attention.self.{part}") for part in ("query", "key", "value")
    )
    bias = tensors["cross_segment_bias"][number]
    found = np.empty_like(x)
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        weights = query[:, part] @ key[:, part].T / math.sqrt(size)
        weights[:query_length, query_length:] += bias[0, head]
        weights[query_length:, :query_length] += bias[1, head]
        weights = np.exp(weights - weights.max(axis=1, keepdims=True))
        found[:, part] = weights / weights.sum(axis=1, keepdims=True) @ value[:, part]
    attended = x + dense(found, tensors, f"{name}.attention.output.dense")
    x = normalised(attended, tensors, f"{name}.attention.output.LayerNorm", config)
    inner = gelu(dense(x, tensors, f"{name}.intermediate.dense"))
    outer = x + dense(inner, tensors, f"{name}.output.dense")
    return normalised(outer, tensors, f"{name}.output.LayerNorm", config)


def shared(ids: list[int], query_length: int) -> np.ndarray:
    """1 for each token that the other segment holds too, but for special ones."""
    first, second = set(ids[:query_length]), set(ids[query_length:])
    others = [second] * query_length + [first] * (len(ids) - query_length)
    return np.array([float(i > 3 and i in other) for i, other in zip(ids, others, strict=True)])


def dense(x: np.ndarray, tensors: Tensors, name: str) -> np.ndarray:
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def normalised(x: np.ndarray, tensors: Tensors, name: str, config: dict[str, Any]) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + config["layer_norm_eps"])
    return centred / deviation * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def direction(tokens: np.ndarray) -> np.ndarray:
    """The mean of some tokens, at unit length; zero if there are none."""
    total = tokens.sum(axis=0)
    return total / max(np.linalg.norm(total), 1e-12)
