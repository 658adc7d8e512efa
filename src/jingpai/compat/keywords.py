"""Arguments of sentence-transformers that jingpai has in other words, or has not at all."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from jingpai.errors import InvalidInput
from jingpai.guards import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jingpai.types import PrecisionChoice

Value = TypeVar("Value")

# None is the one that scores as the original does: float32, where the model has it.
_PRECISIONS: dict[str, PrecisionChoice | None] = {
    "float32": None,
    "float16": "fp16",
    "bfloat16": "bf16",
    "auto": None,
}

# What decides where a model comes from, or how fast it is, and no score.
_OF_HUBS = frozenset(
    ("cache_dir", "force_download", "local_files_only", "revision", "token", "trust_remote_code")
)
_OF_MODELS = _OF_HUBS | {
    *("attn_implementation", "export", "file_name", "low_cpu_mem_usage", "provider", "subfolder"),
    *("use_safetensors",),
}
_OF_TOKENIZERS = _OF_HUBS | {"clean_up_tokenization_spaces", "padding", "padding_side", "use_fast"}
# Dropout is for training.
_OF_CONFIGS = _OF_HUBS | {
    *("attention_probs_dropout_prob", "classifier_dropout", "hidden_dropout_prob", "id2label"),
    *("label2id", "problem_type"),
}


@dataclass(frozen=True, slots=True)
class Keywords:
    """What the keywords for a model, its tokenizer and its configuration mean here.

    Attributes:
        precision: The number format; None is not said.
        device: Where the model runs; None is not said.
        max_length: Most tokens of a pair; None is not said.
        num_labels: As asked for; None is not said.
    """

    precision: PrecisionChoice | None
    device: str | None
    max_length: int | None
    num_labels: int | None


def read_keywords(
    model: Mapping[str, Any] | None,
    *,
    tokenizer: Mapping[str, Any] | None,
    config: Mapping[str, Any] | None,
) -> Keywords:
    """Return what keywords mean; those that decide no score are passed over.

    Raises:
        InvalidInput: One may change scores and has no meaning here.
    """
    known = dict(model or {})
    # The newer name counts, as for transformers.
    number_format = known.pop("torch_dtype", None)
    number_format = known.pop("dtype", number_format)
    device = known.pop("device_map", None)
    _refuse(known, name="model_kwargs", meaningless=_OF_MODELS, known="torch_dtype and device_map")
    tokens = dict(tokenizer or {})
    max_length = tokens.pop("model_max_length", None)
    _refuse(tokens, name="processor_kwargs", meaningless=_OF_TOKENIZERS, known="model_max_length")
    settings = dict(config or {})
    labels = settings.pop("num_labels", None)
    _refuse(settings, name="config_kwargs", meaningless=_OF_CONFIGS, known="num_labels")
    return Keywords(_precision(number_format), _device(device), max_length, labels)


def _refuse(
    keywords: Mapping[str, Any], *, name: str, meaningless: frozenset[str], known: str
) -> None:
    others = sorted(set(keywords) - meaningless)
    if others:
        raise InvalidInput(
            f"{name}: {', '.join(map(repr, others))} may change scores and means nothing here;"
            f" known are {known}, and passed over are {', '.join(sorted(meaningless))}. Leave it"
            " out, or use sentence_transformers.CrossEncoder."
        )


def _precision(number_format: object) -> PrecisionChoice | None:
    if number_format is None:
        return None
    # torch.float16 is written so, and is not imported for its name.
    name = str(number_format).removeprefix("torch.")
    if name not in _PRECISIONS:
        raise InvalidInput(
            f"model_kwargs: got torch_dtype={shown(number_format)}; allowed are"
            f" {', '.join(_PRECISIONS)}."
        )
    return _PRECISIONS[name]


def _device(given: object) -> str | None:
    if given is None or given == "auto":
        return None
    if isinstance(given, str) and given not in ("balanced", "balanced_low_0", "sequential"):
        return given
    raise InvalidInput(
        f"model_kwargs: got device_map={shown(given)}, but a model runs on one device here: 'auto',"
        " 'cpu', 'cuda', 'cuda:1' or 'mps'."
    )


def renamed(new: Value | None, old: Value | None, *, names: tuple[str, str]) -> Value | None:
    """Return the value of an argument that has had another name; the new one counts.

    Args:
        new: What was given under the new name.
        old: What was given under the old one; None is nothing.
        names: The new name and the old one.
    """
    if old is not None:
        message = f"CrossEncoder: {names[1]} is deprecated; write {names[0]}."
        warnings.warn(message, FutureWarning, stacklevel=3)
    return old if new is None else new


def without_effect(*, names: tuple[str, ...], given: tuple[object, ...]) -> None:
    """Say of arguments of older versions, where one was given, that they mean nothing any more."""
    for name, value in zip(names, given, strict=True):
        if value is not None:
            message = f"CrossEncoder: {name} is deprecated and has no effect; leave it out."
            warnings.warn(message, FutureWarning, stacklevel=3)
