"""What tells a model from all others: the content of its files, and what decides its output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.engine.cache import identify
from jingpai.files.model_folder import ModelFolder
from jingpai.models.choices import with_layer
from jingpai.models.resolve import resolve
from jingpai.settings import ModelName, ModelSettings
from jingpai.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.backends.base import Backend
    from jingpai.models.spec import ModelSpec


def fingerprint_of(
    model: ModelName | None = None, settings: ModelSettings = ModelSettings()
) -> str:
    """Return what `Engine.fingerprint` would be, without the weights being loaded.

    Raises:
        JingpaiError: As `Engine.load` says of a model that cannot be found.
    """
    resolved = resolve(model)
    spec = with_layer(resolved.spec, settings.layer)
    return fingerprint(spec, resolved.folder, instruction=settings.instruction)


def fingerprint(spec: ModelSpec, folder: Path, *, instruction: str | None) -> str:
    """Return what tells a model from all others, whatever runs it."""
    return identify(ModelFolder.read(folder).content, settings=f"{_output(spec)} {instruction}")


def identity(spec: ModelSpec, folder: Path, backend: Backend) -> str:
    """Return what decides logits beside the ids: weights, output, format, device, version."""
    kind = backend.device.partition(":")[0]
    # Another release may write its graphs in another way.
    settings = f"{__version__} {_output(spec)} {backend.precision} {kind}"
    return identify(ModelFolder.read(folder).content, settings=settings)


def _output(spec: ModelSpec) -> str:
    return f"{spec.head} {spec.answers} {spec.layer}"
