"""A folder for this run alone, where the one that is kept cannot be written."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def stand_in_folder() -> Path:
    """Return a folder among the temporary ones, the same for the whole run; it goes with it.

    Raises:
        OSError: None can be made.
    """
    folder = Path(tempfile.mkdtemp(prefix="jingpai-"))
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: Path, owner: int) -> None:
    # A fork ends as well, and must leave it to its parent.
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
