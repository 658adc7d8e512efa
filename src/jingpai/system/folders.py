"""Where jingpai keeps what it fetches and makes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_VARIABLE = "JINGPAI_CACHE"


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return $JINGPAI_CACHE, or `jingpai` in the user's cache folder; it need not exist yet."""
    chosen = environ.get(CACHE_VARIABLE)
    return Path(chosen).expanduser() if chosen else _user_cache_folder(environ) / "jingpai"


def _user_cache_folder(environ: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    chosen = environ.get("XDG_CACHE_HOME")
    # The XDG specification says to ignore relative paths.
    return Path(chosen) if chosen and Path(chosen).is_absolute() else Path.home() / ".cache"
