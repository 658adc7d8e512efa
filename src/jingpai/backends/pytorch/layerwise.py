"""PyTorch for MiniCPM rerankers that have an output at every layer and may stop at any of them.

Their repositories bring code for it, which is not run. MiniCPM is a Llama that scales its
embeddings and what each layer adds, which is what Granite does, and that `transformers` has. A
model that stops at a layer is one with fewer layers and that layer's output.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from transformers import GraniteConfig, GraniteForCausalLM

from jingpai.backends.graph.checkpoint import Checkpoint
from jingpai.backends.pytorch.causal import FewOutputs, LastTokenRuntime
from jingpai.backends.pytorch.checkpoint import load_checkpoint
from jingpai.errors import InvalidInput, ModelFilesInvalid
from jingpai.files.json_text import load_json
from jingpai.files.model_folder import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.backends.pytorch.runtime import TorchPrecision

# What means the same in both configurations.
_SHARED = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_attention_heads"),
    *("num_key_value_heads", "hidden_act", "max_position_embeddings", "rms_norm_eps"),
    *("rope_theta", "rope_scaling", "attention_bias", "bos_token_id", "eos_token_id"),
)

# What the code below takes for granted.
_REQUIRED = {"model_type": "minicpm", "head_type": "simple", "head_multi": True}


class LayerwiseBackend(LastTokenRuntime):
    """Runs such a model up to a layer; its only logit is the output of that layer."""

    def __init__(self, folder: Path, *, layer: int, device: str, precision: TorchPrecision) -> None:
        """Load the first layers of a model from a folder.

        Args:
            folder: Holds config.json and safetensors files.
            layer: The last layer to run, from 1.
            device: As for `TorchRuntime`.
            precision: As for `TorchRuntime`.

        Raises:
            InvalidInput: The model has no output at this layer.
            ModelFilesInvalid: The checkpoint is broken or of another kind.
            OutOfMemory: The weights do not fit on the device.
        """
        self._layer = layer
        super().__init__(folder, device=device, precision=precision)

    def _load(self, folder: Path) -> Any:  # noqa: ANN401
        config = _read_config(folder)
        first, last = config["start_layer"], config["num_hidden_layers"]
        if not first <= self._layer <= last:
            raise InvalidInput(
                f"layer: got {self._layer}, but {folder} has outputs at layers {first} to {last}."
            )
        model = load_checkpoint(
            folder,
            model_class=GraniteForCausalLM,
            kind="a layerwise MiniCPM reranker",
            config=_granite_config(config, layers=self._layer),
        )
        output = Checkpoint(folder).read(
            f"lm_head.{self._layer - first}.linear_head.weight", shape=(1, config["hidden_size"])
        )
        model.set_output_embeddings(FewOutputs(torch.from_numpy(output)))
        return model


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        config = load_json(path.read_text(encoding="utf-8"))
        numbers = {key: config[key] for key in ("scale_emb", "scale_depth", "start_layer")}
        numbers |= {key: config[key] for key in ("num_hidden_layers", "hidden_size")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFilesInvalid(
            f"{path}: {error!r}; a layerwise MiniCPM reranker is expected. Use the config.json that"
            " was published with the model."
        ) from error
    wrong = {key: config.get(key) for key, value in _REQUIRED.items() if config.get(key) != value}
    wrong |= {
        key: value
        for key, value in numbers.items()
        if not isinstance(value, int | float) or not value > 0
    }
    if wrong:
        raise ModelFilesInvalid(
            f"{path}: it says {wrong}; expected are {_REQUIRED} and numbers above 0. Only MiniCPM"
            " rerankers with one output a layer can be run here."
        )
    return dict(config)


def _granite_config(config: dict[str, Any], *, layers: int) -> GraniteConfig:
    return GraniteConfig.from_dict(
        {
            **{key: config[key] for key in _SHARED if key in config},
            "num_hidden_layers": layers,
            "embedding_multiplier": float(config["scale_emb"]),
            # The depth of the whole model, wherever it stops.
            "residual_multiplier": config["scale_depth"] / math.sqrt(config["num_hidden_layers"]),
            "attention_multiplier": (config["hidden_size"] // config["num_attention_heads"])
            ** -0.5,
            # So that no output matrix of the whole vocabulary is made; the layer's replaces it.
            "tie_word_embeddings": True,
        }
    )
