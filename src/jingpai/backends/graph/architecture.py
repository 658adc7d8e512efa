"""Which network a config.json describes, and whether a graph can be written for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from jingpai.errors import ModelFilesInvalid
from jingpai.files.json_text import load_json
from jingpai.files.model_folder import CONFIG
from jingpai.files.unreadable import unreadable

if TYPE_CHECKING:
    from pathlib import Path

Family: TypeAlias = Literal["bert", "roberta", "two-segment-bert", "text-encoder"]

FAMILIES: dict[str, Family] = {
    "bert": "bert",
    "roberta": "roberta",
    "xlm-roberta": "roberta",
    "camembert": "roberta",
    "two-segment-bert": "two-segment-bert",
}
"""`model_type` of a config.json -> the family whose graph it gets.

The fourth family, a BERT that reads one text a row, is told apart by what it is used for."""

TENSOR_PREFIXES: dict[Family, str] = {
    "bert": "bert.",
    "roberta": "roberta.",
    "two-segment-bert": "",
    "text-encoder": "",
}

TORCH_HINT = 'Other models run with PyTorch: pip install "jingpai[torch]"'

ACTIVATIONS = frozenset({"gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "relu"})


class UnsupportedArchitecture(ModelFilesInvalid):
    """The files are sound, but no graph is written for this kind of network."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """The sizes and choices that the graph of an encoder needs."""

    family: Family
    hidden: int
    inner: int
    layers: int
    heads: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    activation: str
    padding_id: int
    labels: int

    @property
    def head_size(self) -> int:
        """Features of one attention head."""
        return self.hidden // self.heads

    @property
    def prefix(self) -> str:
        """What the encoder's tensor names begin with."""
        return TENSOR_PREFIXES[self.family]


def read_architecture(folder: Path) -> Architecture:
    """Read the config.json of a folder.

    Raises:
        ModelFilesInvalid: It is missing or broken.
        UnsupportedArchitecture: No graph is written for its kind of network.
    """
    config = _read_config(folder)
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in FAMILIES:
        raise UnsupportedArchitecture(
            f"{folder / 'config.json'}: model_type {kind!r} has no ONNX graph here; supported: "
            f"{', '.join(sorted(FAMILIES))}. {TORCH_HINT}"
        )
    family = FAMILIES[kind]
    _require_choice(folder, config, key="hidden_act", allowed=ACTIVATIONS, default="gelu")
    _require_choice(
        folder,
        config,
        key="position_embedding_type",
        allowed=frozenset({"absolute"}),
        default="absolute",
    )
    architecture = Architecture(
        family=family,
        hidden=_size(folder, config, "hidden_size"),
        inner=_size(folder, config, "intermediate_size"),
        layers=_size(folder, config, "num_hidden_layers"),
        heads=_size(folder, config, "num_attention_heads"),
        vocabulary=_size(folder, config, "vocab_size"),
        positions=_size(folder, config, "max_position_embeddings"),
        token_types=_size(folder, config, "type_vocab_size", default=2),
        epsilon=_epsilon(folder, config),
        activation=str(config.get("hidden_act", "gelu")),
        padding_id=_padding_id(folder, config, default=0 if family == "bert" else 1),
        labels=_labels(folder, config),
    )
    if architecture.hidden % architecture.heads:
        raise ModelFilesInvalid(
            f"{folder / 'config.json'}: hidden_size {architecture.hidden} is not a multiple of "
            f"num_attention_heads {architecture.heads}."
        )
    return architecture


def is_two_segment(folder: Path) -> bool:
    """Return whether a folder holds a checkpoint of the bundled model's kind, which is ours alone.

    Raises:
        ModelFilesInvalid: Its config.json is missing or broken.
    """
    return _read_config(folder).get("model_type") == "two-segment-bert"


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        config = load_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelFilesInvalid(f"{folder} holds no config.json; fetch the model again.") from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    if not isinstance(config, dict):
        raise ModelFilesInvalid(f"{path} must hold a JSON object.")
    return config


def _size(folder: Path, config: dict[str, Any], key: str, *, default: int | None = None) -> int:
    value = config.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _unusable(folder, key, value, allowed="a positive whole number")
    return value


def _padding_id(folder: Path, config: dict[str, Any], *, default: int) -> int:
    value = config.get("pad_token_id")
    if value is None:  # null is what some configurations say in place of nothing
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _unusable(folder, "pad_token_id", value, allowed="a whole number from 0")
    return value


def _epsilon(folder: Path, config: dict[str, Any]) -> float:
    value = config.get("layer_norm_eps", 1e-12)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1:
        raise _unusable(folder, "layer_norm_eps", value, allowed="a number between 0 and 1")
    return float(value)


def _labels(folder: Path, config: dict[str, Any]) -> int:
    names = config.get("id2label")
    if isinstance(names, dict) and names:
        return len(names)
    # A config that says nothing means two: that is how transformers reads it.
    return _size(folder, config, "num_labels", default=2)


def _unusable(folder: Path, key: str, value: object, *, allowed: str) -> ModelFilesInvalid:
    return ModelFilesInvalid(
        f"{folder / 'config.json'}: {key} must be {allowed}, not {value!r}. Copy the config.json"
        " that was published with the weights."
    )


def _require_choice(
    folder: Path, config: dict[str, Any], *, key: str, allowed: frozenset[str], default: str
) -> None:
    value = config.get(key, default)
    if not isinstance(value, str) or value not in allowed:
        raise UnsupportedArchitecture(
            f"{folder / 'config.json'}: {key} {value!r} has no ONNX graph here; supported: "
            f"{', '.join(sorted(allowed))}. {TORCH_HINT}"
        )
