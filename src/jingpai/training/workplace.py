"""The folder of an unfinished run: what it was asked for, and what it need not do again."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from jingpai.errors import InvalidInput
from jingpai.evaluation.kept import Kept
from jingpai.files.whole import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

_ENDING = ".unfinished"
_ORDER = "run.json"


class Workplace:
    """`OUTPUT.unfinished`, beside the output, which comes into being only when all is done."""

    def __init__(self, output: Path, folder: Path) -> None:
        self._output = output
        self.folder = folder

    @classmethod
    def open(cls, output: Path, *, order: Mapping[str, Any], resume: bool) -> Self:
        """Make the folder, or go on in it.

        Args:
            output: Where the model will be.
            order: What decides the result, as JSON holds it.
            resume: Whether an unfinished run is to be finished.

        Raises:
            InvalidInput: The output is there already, an unfinished run is in the way, there is
                none to go on with, or it was asked for something else.
            OSError: The folder cannot be made.
        """
        folder = output.with_name(f"{output.name}{_ENDING}")
        if output.exists():
            raise InvalidInput(
                f"{output} exists already; give a folder that does not, or remove it."
            )
        if not resume and folder.exists():
            raise InvalidInput(
                f"{folder} holds an unfinished run. Give --resume to go on with it, or remove the"
                " folder to begin anew."
            )
        if resume:
            _require_same(folder, order)
        else:
            folder.mkdir(parents=True)
            write_text(folder / _ORDER, json.dumps(order, ensure_ascii=False, indent=1) + "\n")
        return cls(output, folder)

    def kept(self) -> Kept:
        """Return where vectors and scores are kept."""
        return Kept(self.folder / "kept")

    def states(self) -> Path:
        """Return the folder in which training keeps its states."""
        folder = self.folder / "states"
        folder.mkdir(exist_ok=True)
        return folder

    def model(self) -> Path:
        """Return an empty folder for the trained model, under its final name."""
        folder = self.folder / self._output.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def finish(self) -> None:
        """Put the model where it was asked for, and remove the rest."""
        (self.folder / self._output.name).rename(self._output)
        self.remove()

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder)


def _require_same(folder: Path, order: Mapping[str, Any]) -> None:
    try:
        before = json.loads((folder / _ORDER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(
            f"--resume: there is no unfinished run in {folder}; leave --resume out to begin one."
        ) from None
    different = [name for name in order if before.get(name) != order[name]]
    if different:
        told = "; ".join(f"{name} was {before.get(name)}, is {order[name]}" for name in different)
        raise InvalidInput(
            f"--resume: the run in {folder} was asked for something else ({told}). Give what it was"
            " asked for, or remove the folder to begin anew."
        )
