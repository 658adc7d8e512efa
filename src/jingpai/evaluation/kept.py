"""What an interrupted evaluation need not do again: scores and vectors, in a folder."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

from jingpai.engine.cache import ScoreCache
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
            OSError: It cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
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
            if not path.exists():
                vectors = compute(start, stop)
                with write_whole(path) as file:
                    np.save(file, vectors)
            blocks.append(np.load(path))
        return np.concatenate(blocks)
