"""The two-segment network for one row, written from its definition with loops and float64."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def two_segment_logits(folder: Path, ids: list[int], query_length: int) -> float:
    config = json.loads((folder / "config.json").read_text())
    tensors = {name: value.astype(np.float64) for name, value in load(folder).items()}
    words = unpacked(load_file(folder / "embeddings.safetensors"))
    positions = [*range(query_length), *range(len(ids) - query_length)]
    x = (
        words[ids]
        + tensors["embeddings.position_embeddings.weight"][positions]
        + tensors["embeddings.token_type_embeddings.weight"][0]
    )
    x = normalised(x, tensors, "embeddings.LayerNorm", config)
    for number in range(config["num_hidden_layers"]):
        x = layer(x, number, query_length, tensors, config)
    first, second = direction(x[:query_length]), direction(x[query_length:])
    features = np.concatenate([x[0], first * second])
    return float(
        tensors["head.scale"][0] * (first @ second)
        + tensors["head.offset"][0]
        + tensors["head.linear.weight"][0] @ features
    )


def load(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "model.safetensors")


def unpacked(stored: dict[str, np.ndarray]) -> np.ndarray:
    """Weight 2j is the low half of byte j and 2j + 1 the high one; the zero point is 8."""
    packed, scales = stored["word_embeddings.blocks"], stored["word_embeddings.scales"]
    rows = np.empty((len(packed), packed.shape[1] * 2), np.float32)
    for column in range(rows.shape[1]):
        byte = packed[:, column // 2]
        code = byte >> 4 if column % 2 else byte & 15
        rows[:, column] = (code.astype(np.float32) - 8) * scales[:, column // 32]
    return rows


def layer(x, number, query_length, tensors, config):
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


def dense(x, tensors, name):
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def normalised(x, tensors, name, config):
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + config["layer_norm_eps"])
    return centred / deviation * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def direction(tokens):
    """The mean of some tokens, at unit length; zero if there are none."""
    total = tokens.sum(axis=0)
    return total / max(np.linalg.norm(total), 1e-12)
