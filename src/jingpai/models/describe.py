"""From a checkpoint's own config.json to a `ModelSpec`, for models the catalog does not know."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, read_json
from jingpai.models.known.catalog import BUNDLED_SPEC, find
from jingpai.models.known.language_models import LANGUAGE_MODELS
from jingpai.models.spec import Head, ModelSpec

if TYPE_CHECKING:
    from pathlib import Path

# Positions of these start behind the padding id instead of at 0, so that many of the rows of the
# position table can never be used.
_POSITIONS_AFTER_PADDING = frozenset(
    (
        "camembert",
        "longformer",
        "mpnet",
        "roberta",
        "roberta-prelayernorm",
        "xlm-roberta",
        "xlm-roberta-xl",
    )
)

# For architectures without a position table whose tokenizer names no limit either.
_CAUTIOUS_MAX_TOKENS = 512

_TWO_SEGMENTS = "two-segment-bert"
"""`model_type` of the bundled model's kind, as `jingpai train` writes it."""

_CLASSIFIER = "ForSequenceClassification"
_LANGUAGE_MODEL = "ForCausalLM"


def describe(folder: Path, *, name: str, revision: str = "main") -> ModelSpec:
    """Return the spec that a checkpoint's configuration implies.

    Raises:
        ModelFilesInvalid: The folder holds no reranker that can be run; the message says why.
    """
    config = read_json(folder / CONFIG)
    if config.get("model_type") == _TWO_SEGMENTS:  # it reads as the bundled model does
        return replace(
            BUNDLED_SPEC,
            name=name,
            max_tokens=_max_tokens(config, folder=folder),
            revision=revision,
        )
    architectures = config.get("architectures")
    names = [str(name) for name in architectures] if isinstance(architectures, list) else []
    is_language_model = any(name.endswith(_LANGUAGE_MODEL) for name in names)
    known = find(name) if is_language_model else None
    if known is None or known.layer is None:  # for the others jingpai has code of its own
        _check_code(
            config, folder=folder, kind=_LANGUAGE_MODEL if is_language_model else _CLASSIFIER
        )
    if is_language_model:
        known = _with_prompt(known, name=name, folder=folder)
        limit = min(known.max_tokens, _max_tokens(config, folder=folder))
        return replace(known, name=name, max_tokens=limit, revision=revision)
    if not any(name.endswith(_CLASSIFIER) for name in names):
        raise ModelFilesInvalid(
            f"{folder} holds no reranker: its architecture is {' or '.join(names) or 'not named'},"
            f" and a reranker here is a cross-encoder, …{_CLASSIFIER}, or a language model whose"
            " prompt is known. Embedding models cannot be used; `jingpai models` lists models that"
            " can."
        )
    return ModelSpec(
        name=name,
        max_tokens=_max_tokens(config, folder=folder),
        head=_head(config, folder=folder),
        revision=revision,
    )


def _check_code(config: dict[str, object], *, folder: Path, kind: str) -> None:
    remote = config.get("auto_map")
    if isinstance(remote, dict) and f"AutoModel{kind}" in remote:
        raise ModelFilesInvalid(
            f"{folder}: this model runs on code of its own repository"
            f" ({remote[f'AutoModel{kind}']}), which jingpai never executes."
            " `jingpai models` lists models that need none."
        )


def _with_prompt(known: ModelSpec | None, *, name: str, folder: Path) -> ModelSpec:
    """Return what is known of a language model, if it is one whose prompt is known.

    Files do not tell: a reranker and the chat model that it was made from look the same.
    """
    if known in LANGUAGE_MODELS:
        return known
    names = [spec.name for spec in LANGUAGE_MODELS]
    raise ModelFilesInvalid(
        f"{folder} holds a language model, which ranks only with the prompt that it was trained"
        f" with, and the prompt of {name!r} is not known. Known are {', '.join(names)}. If this is"
        " a copy of one of them or was trained from it with the same prompt, give its folder the"
        f" same name: {names[0].rpartition('/')[2]}."
    )


def _head(config: dict[str, object], *, folder: Path) -> Head:
    labels = config.get("id2label")
    count = len(labels) if isinstance(labels, dict) else _integer(config.get("num_labels"))
    # A config that says nothing means two labels: that is how transformers reads it.
    count = 2 if count is None else count
    if count == 1:
        return "single"
    if count == 2:
        return "two_class"
    raise ModelFilesInvalid(
        f"{folder}: its classifier has {count} classes; a reranker has one output, or two (not"
        " relevant, relevant). `jingpai models` lists models that can be used."
    )


def _max_tokens(config: dict[str, object], *, folder: Path) -> int:
    limits = [_positions(config), _tokenizer_limit(folder)]
    known = [limit for limit in limits if limit is not None and limit > 0]
    return min(known, default=_CAUTIOUS_MAX_TOKENS)


def _positions(config: dict[str, object]) -> int | None:
    positions = _integer(config.get("max_position_embeddings"))
    if positions is None or config.get("model_type") not in _POSITIONS_AFTER_PADDING:
        return positions
    padding = _integer(config.get("pad_token_id"))
    return positions - (1 if padding is None else padding) - 1


def _tokenizer_limit(folder: Path) -> int | None:
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return None
    limit = _integer(read_json(path).get("model_max_length"))
    # "No limit" is written as 10**30.
    return limit if limit is not None and limit < 10**9 else None


def _integer(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    is_finite = isinstance(value, int) or math.isfinite(value)
    return int(value) if is_finite else None
