"""What a class in the place of another library's needs to know of a model before it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, ModelFolder, read_json

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.types import PrecisionChoice, Scale

# sentence-transformers keeps the activation in one of these, by its version.
_OWN_CONFIG = "config_sentence_transformers.json"
_SCALES: dict[str, Scale] = {"Sigmoid": "sigmoid", "Identity": "logit"}


def exact_precision(folder: Path) -> PrecisionChoice:
    """Return the precision whose scores are those of the original: float32, where there is one.

    A folder that holds a graph alone, as that of the bundled model, has one precision only.
    """
    return "auto" if ModelFolder.read(folder).holds_only_a_graph else "fp32"


def saved_scale(folder: Path) -> Scale:
    """Return the scale that sentence-transformers gives to the scores of a model with one label.

    It is the logistic, unless the model was saved with another activation.

    Raises:
        ModelFilesInvalid: The model was saved with one that is neither logistic nor identity.
    """
    name = _saved_activation(folder)
    if name is None:
        return "sigmoid"
    scale = _SCALES.get(name.rpartition(".")[2])
    if scale is None:
        raise ModelFilesInvalid(
            f"{folder}: the model was saved with the activation {name}; known are"
            f" {' and '.join(_SCALES)}. Hand one in: CrossEncoder(..., activation_fn=...)."
        )
    return scale


def _saved_activation(folder: Path) -> str | None:
    """Return the class of the activation that a model was saved with, if one is named."""
    own, config = (
        read_json(folder / name) if (folder / name).is_file() else {}
        for name in (_OWN_CONFIG, CONFIG)
    )
    section = config.get("sentence_transformers")
    names = (
        own.get("activation_fn"),
        section.get("activation_fn") if isinstance(section, dict) else None,
        config.get("sbert_ce_default_activation_function"),
    )
    return next((name for name in names if isinstance(name, str)), None)
