"""How many token ids a model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.files.model_folder import CONFIG, read_json
from jingpai.guards import is_whole

if TYPE_CHECKING:
    from pathlib import Path


def vocabulary_size(folder: Path) -> int | None:
    """Return how many token ids a model knows by its config.json, or None where it does not say.

    Raises:
        ModelFilesInvalid: There is a config.json that cannot be read.
    """
    if not (folder / CONFIG).is_file():
        return None
    size = read_json(folder / CONFIG).get("vocab_size")
    return size if isinstance(size, int) and is_whole(size, least=1) else None
