"""A two-segment network on disk: from its safetensors files into PyTorch, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file, save_file

from jingpai.backends.graph.embeddings import BLOCK, BLOCKS_TENSOR, SCALES_TENSOR
from jingpai.backends.graph.encoder import SHARED_MARK
from jingpai.backends.graph.heads import EVIDENCE_HEAD
from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, TABLE, WEIGHTS, read_json
from jingpai.training.networks.two_segment import TwoSegmentEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

_NAMES = {  # name in the network -> name in transformers.BertModel
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
_TOP = {
    "positions": "embeddings.position_embeddings",
    "types": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
}
# What the parent, a text encoder, does not have: these stay as the network begins with them.
_OWN = {"cross_segment_bias", "shared", "scale", "offset", "linear.weight"} | {
    "compare.weight",
    "compare.bias",
    "verdict.weight",
}
# Layers whose last inputs are the product of the means, which the network reads times its size.
_SIMILAR = {name: f"head.{name}" for name in ("linear.weight", "compare.weight")}


def load(folder: Path) -> TwoSegmentEncoder:
    """Return the network of a folder: a two-segment model, or its parent as the start of one.

    Raises:
        ModelFilesInvalid: The tensors are not those of such a network.
    """
    model = TwoSegmentEncoder(read_json(folder / CONFIG))
    stored = load_file(folder / WEIGHTS)
    if f"{EVIDENCE_HEAD}.weight" in stored:
        model.add_evidence()
    state = {
        name: stored.pop(_stored_name(name))
        for name in model.state_dict()
        if _stored_name(name) in stored
    }
    if stored:
        raise ModelFilesInvalid(
            f"{folder} holds tensors that a two-segment network lacks: {sorted(stored)}"
        )
    missing = set(model.state_dict()) - set(state)
    if missing - _OWN:
        raise ModelFilesInvalid(f"{folder} lacks {sorted(missing)}")
    hidden = int(model.config["hidden_size"])
    for name in _SIMILAR.keys() & state.keys():
        state[name][:, -hidden:] /= hidden
    model.load_state_dict(state, strict=False)
    model.words.copy_(word_embeddings(load_arrays(folder / TABLE)))
    return model


def save_weights(model: TwoSegmentEncoder, folder: Path) -> None:
    """Write all tensors but the word embeddings, which training leaves as they are."""
    save_file(stored_state(model), folder / WEIGHTS, metadata={"format": "pt"})


def stored_state(model: TwoSegmentEncoder) -> dict[str, Tensor]:
    """The tensors as stored: without word embeddings, with the head's factor folded in."""
    state = {
        _stored_name(name): value.detach().float().cpu().clone()
        for name, value in model.state_dict().items()
    }
    hidden = int(model.config["hidden_size"])
    for name in _SIMILAR.values():
        state[name][:, -hidden:] *= hidden
    return state


def _stored_name(name: str) -> str:
    """The name under which a parameter is stored."""
    parts = name.split(".")
    if parts[0] == "layers":
        return f"encoder.layer.{parts[1]}.{_NAMES[parts[2]]}.{parts[3]}"
    if parts[0] in _TOP:
        return f"{_TOP[parts[0]]}.{parts[1]}"
    if name == "shared":
        return SHARED_MARK
    return name if name == "cross_segment_bias" else f"head.{name}"


def word_embeddings(stored: Mapping[str, NDArray[Any]]) -> Tensor:
    """The word embeddings as float32, out of their 4-bit blocks."""
    packed = stored[BLOCKS_TENSOR]
    halves = np.stack([packed & 15, packed >> 4], axis=-1)
    codes = halves.reshape(len(packed), -1, BLOCK).astype(np.float32)
    values = (codes - 8) * stored[SCALES_TENSOR].astype(np.float32)[..., None]
    return torch.from_numpy(values.reshape(len(packed), -1))
