"""What an interrupted evaluation need not do again: scores and vectors, in a folder."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from typing import TYPE_CHECKING

import numpy as np

from jingpai.engine.cache import ScoreCache
from jingpai.errors import CacheUnusable
from jingpai.files.whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

# Vectors are kept in files of so many.
_BLOCK = 256


class Kept:
    """A folder with the logits of pairs and the vectors of texts.

    Both are found by the content of the model and of the texts, so a folder may serve any number of
    data sets, models and settings.
    """

    def __init__(self, folder: Path) -> None:
        """Open a folder; it is made where there is none.

        Raises:
            CacheUnusable: It cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheUnusable(
                f"{folder} cannot hold scores and vectors ({error}). Give a folder that can be"
                " written."
            ) from error
        self._folder = folder

    def scores(self) -> ScoreCache:
        """Return the cache of logits.

        Raises:
            CacheUnusable: The file cannot be made.
        """
        return ScoreCache(self._folder / "scores.db")

    def vectors(
        self,
        texts: Sequence[object],
        compute: Callable[[int, int], NDArray[np.float32]],
        *,
        model: str,
    ) -> NDArray[np.float32]:
        """Return the vectors of texts; what is not there yet is computed, and kept block by block.

        What cannot be kept is computed all the same, and a `RuntimeWarning` says so.

        Args:
            texts: What vectors are of, in a form that JSON holds.
            compute: Returns the vectors of `texts[start:stop]`.
            model: Whose vectors they are.
        """
        blocks = []
        for start in range(0, len(texts), _BLOCK):
            stop = min(start + _BLOCK, len(texts))
            content = json.dumps([model, texts[start:stop]]).encode()
            path = self._folder / f"vectors-{hashlib.sha256(content).hexdigest()[:32]}.npy"
            vectors = _loaded(path)
            if vectors is None:
                vectors = compute(start, stop)
                self._keep(path, vectors)
            blocks.append(vectors)
        return np.concatenate(blocks)

    def _keep(self, path: Path, vectors: NDArray[np.float32]) -> None:
        try:
            with write_whole(path) as file:
                # By the file's own writing, which says why it fails.
                file.write(_as_npy(vectors))
        except OSError as error:
            message = f"{self._folder} cannot keep vectors ({error}); going on without it."
            warnings.warn(message, RuntimeWarning, stacklevel=3)


def _as_npy(vectors: NDArray[np.float32]) -> bytes:
    content = io.BytesIO()
    np.save(content, vectors)
    return content.getvalue()


def _loaded(path: Path) -> NDArray[np.float32] | None:
    """Return what a file holds; None where it is not there, cannot be read or is damaged."""
    try:
        vectors: NDArray[np.float32] = np.load(path)
    except (OSError, ValueError, EOFError):
        return None
    return vectors
