"""From a checkpoint's own config.json to a `ModelSpec`, for models the catalog does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.errors import ModelFilesInvalid
from jingpai.models.files import CONFIG, read_json
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

_CLASSIFIER = "ForSequenceClassification"


def describe(folder: Path, *, name: str, revision: str = "main") -> ModelSpec:
    """Return the spec that a checkpoint's configuration implies.

    Raises:
        ModelFilesInvalid: The folder holds no cross-encoder that can be run; the message says why.
    """
    config = read_json(folder / CONFIG)
    _check_architecture(config, folder=folder)
    return ModelSpec(
        name=name,
        max_tokens=_max_tokens(config, folder=folder),
        head=_head(config, folder=folder),
        revision=revision,
    )


def _check_architecture(config: dict[str, object], *, folder: Path) -> None:
    remote = config.get("auto_map")
    if isinstance(remote, dict) and f"AutoModel{_CLASSIFIER}" in remote:
        raise ModelFilesInvalid(
            f"{folder}: this model runs on code of its own repository"
            f" ({remote[f'AutoModel{_CLASSIFIER}']}), which jingpai never executes."
            " `jingpai models` lists models that need none."
        )
    architectures = config.get("architectures")
    names = [str(name) for name in architectures] if isinstance(architectures, list) else []
    if not any(name.endswith(_CLASSIFIER) for name in names):
        raise ModelFilesInvalid(
            f"{folder} holds no reranker: its architecture is {' or '.join(names) or 'not named'},"
            f" and a reranker here is a cross-encoder, …{_CLASSIFIER}. Embedding models and"
            " language models cannot be used; `jingpai models` lists models that can."
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
    return int(value)
