"""What a class in the place of another library's needs to know of a model before it is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.errors import DownloadFailed, ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, ModelFolder, read_json
from jingpai.models.hub.environment import HubSettings
from jingpai.models.resolve import locate, resolve

if TYPE_CHECKING:
    from jingpai.models.resolve import ResolvedModel
    from jingpai.types import PrecisionChoice, Scale

# sentence-transformers keeps the activation in one of these, by its version.
_OWN_CONFIG = "config_sentence_transformers.json"
_SCALES: dict[str, Scale] = {"Sigmoid": "sigmoid", "Identity": "logit"}


def find_model(
    name: str | Path,
    *,
    revision: str | None = None,
    cache_folder: str | Path | None = None,
    local_files_only: bool = False,
) -> tuple[str | Path, ResolvedModel]:
    """Return what to call a model when it is loaded, and where it lies; it is fetched if need be.

    Args:
        name: What `Reranker` takes.
        revision: Of a repository; a folder has none, and it is passed over.
        cache_folder: Where repositories are kept; None is where they always are.
        local_files_only: Whether nothing may be fetched.

    Raises:
        DownloadFailed: It is not here, and may not be fetched or cannot be.
        JingpaiError: As `resolve` says.
    """
    if revision is not None and not _is_folder(name):
        name = f"{name}@{revision}"
    hub = HubSettings.read()
    if cache_folder is not None:
        folder = Path(cache_folder).expanduser()
        hub = replace(hub, huggingface_cache=folder, modelscope_cache=folder)
    if local_files_only and locate(name, hub=hub) is None:
        raise DownloadFailed(
            f"local_files_only: {name} is not on this disk with all its files. Fetch it with"
            f" `jingpai pull {name}`, hand in the folder that holds it, or leave local_files_only"
            " out."
        )
    resolved = resolve(name, hub=hub)
    return (name if cache_folder is None else resolved.folder), resolved


def _is_folder(name: str | Path) -> bool:
    try:
        return Path(name).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):  # too long for a path; a home of nobody
        return False


def precision_of(resolved: ResolvedModel, *choices: PrecisionChoice | None) -> PrecisionChoice:
    """Return the first number format that is said, or else the one of the original's scores."""
    said = [choice for choice in choices if choice is not None]
    return said[0] if said else exact_precision(resolved.folder)


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
