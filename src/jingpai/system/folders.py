"""Where jingpai keeps what it fetches and makes, and what a path in a home means."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_VARIABLE = "JINGPAI_CACHE"


class HomeUnknown(OSError):
    """A path lies in a home that nobody knows: HOME is not set, and the user has no entry."""


def expanded(path: str | Path) -> Path:
    """Return a path with its `~` written out; one without is taken as it is, home or not.

    Raises:
        HomeUnknown: Nothing says where that home is.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise HomeUnknown(
            f"{path}: where that home folder is cannot be told; set HOME to it"
        ) from error


def exists(path: str | Path) -> bool:
    """Return whether something lies at a path; what can be no path is not there."""
    try:
        return expanded(path).exists()
    except (OSError, ValueError):  # too long, in a home of nobody; a null character
        return False


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return $JINGPAI_CACHE, or `jingpai` in the user's cache folder; it need not exist yet.

    Raises:
        HomeUnknown: Neither the environment nor the user's home says where it is.
    """
    chosen = environ.get(CACHE_VARIABLE)
    return expanded(chosen) if chosen else _user_cache_folder(environ) / "jingpai"


def _user_cache_folder(environ: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return Path(local) if local else expanded("~") / "AppData" / "Local"
    if sys.platform == "darwin":
        return expanded("~") / "Library" / "Caches"
    chosen = environ.get("XDG_CACHE_HOME")
    # The XDG specification says to ignore relative paths.
    return Path(chosen) if chosen and Path(chosen).is_absolute() else expanded("~/.cache")
