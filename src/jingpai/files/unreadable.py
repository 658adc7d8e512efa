"""What is said of a model's file that is there and cannot be read."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from jingpai.errors import ModelFilesInvalid


def is_forbidden(error: BaseException) -> bool:
    """Return whether an error says that a file may not be read, whatever it holds."""
    return isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM)


def unreadable(path: Path, error: BaseException) -> ModelFilesInvalid:
    """Return the error for a model's file that is there, by what reading it said."""
    if is_forbidden(error):
        # The file, or a folder on the way to it: in the hub's cache the name is but a link.
        place = os.path.realpath(path)
        return ModelFilesInvalid(
            f"{path} may not be read by this user ({error}). Its owner can allow it: chmod a+r"
            f" {place}, and chmod a+x for the folders above it; or run as a user who may."
        )
    return ModelFilesInvalid(
        f"{path} cannot be read ({error}). Copy it again, or fetch the model with"
        " `jingpai pull MODEL --force`."
    )
