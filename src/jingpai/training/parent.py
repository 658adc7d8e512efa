"""The model that is trained on: found, and opened as a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.backends.graph.architecture import is_two_segment
from jingpai.errors import InvalidInput
from jingpai.files.model_folder import ModelFolder
from jingpai.models.known.catalog import BUNDLED_SPEC
from jingpai.models.resolve import resolve
from jingpai.training.networks.unpacking import unpack

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.models.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Parent:
    """Where training begins.

    Attributes:
        model: As `Reranker` takes it.
        spec: What is known of it.
        folder: With its files.
    """

    model: str | None
    spec: ModelSpec
    folder: Path

    @property
    def is_bundled(self) -> bool:
        """Whether it is the model in the package, which is a graph alone."""
        return self.spec is BUNDLED_SPEC

    @property
    def is_two_segment(self) -> bool:
        """Whether it is the bundled model, or was trained from it."""
        return self.is_bundled or is_two_segment(self.folder)

    def checkpoint(self, place: Path) -> Path:
        """Return the folder with its weights; that of the bundled model is written in `place`."""
        if not self.is_bundled:
            return self.folder
        folder = place / "parent"
        folder.mkdir(exist_ok=True)
        unpack(self.folder, folder)
        return folder


def find_parent(model: str | None) -> Parent:
    """Find a model that can be trained.

    Args:
        model: As for `Reranker`; None is the bundled one.

    Raises:
        InvalidInput: It is no encoder with weights to train.
        JingpaiError: As `Reranker` says.
    """
    resolved = resolve(model)
    parent = Parent(model, resolved.spec, resolved.folder)
    if parent.spec.answers:
        raise InvalidInput(
            f"--model: {parent.spec.name} is a language model; what is trained here is an encoder:"
            " the bundled model, or a BERT or XLM-RoBERTa cross-encoder such as"
            " BAAI/bge-reranker-base."
        )
    if ModelFolder.read(parent.folder).holds_only_a_graph and not parent.is_bundled:
        raise InvalidInput(
            f"--model: {parent.folder} holds a graph and no weights that can be trained. Give the"
            " folder of the checkpoint that the graph was written from."
        )
    return parent
