"""The folders that hold models: how large they are, and whether there is room for more."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from jingpai.cli.checks.finding import Fact, Finding, Problem
from jingpai.cli.terminal.sizes import bytes_text
from jingpai.errors import CacheUnusable
from jingpai.language.speech import say
from jingpai.models.hub.environment import HubSettings
from jingpai.system.folders import HomeUnknown, cache_folder

# The files of bge-reranker-v2-m3, and the graph that is made of them.
_LARGE_MODEL_BYTES = 3_000_000_000


def check() -> Finding:
    """Measure the caches and the disks that they are on."""
    folders: dict[str, tuple[Callable[[], Path], str]] = {
        "jingpai": (cache_folder, "JINGPAI_CACHE"),
        "Hugging Face": (lambda: HubSettings.read().huggingface_cache, "HF_HOME"),
    }
    facts: dict[str, Fact] = {}
    problems = []
    for name, (place, variable) in folders.items():
        mend = say("choose another folder: export {variable}=/path").format(variable=variable)
        try:
            folder = place()
        except (HomeUnknown, CacheUnusable) as error:
            problems.append(Problem(str(error), mend))
            continue
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        text = say("{folder}: {size}, {free} free on its disk")
        facts[name] = text.format(
            folder=folder, size=bytes_text(_size(folder)), free=bytes_text(free)
        )
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            problems.append(Problem(say("{folder} cannot be written.").format(folder=folder), mend))
        elif free < _LARGE_MODEL_BYTES:
            text = say("{folder} has {free} left; a large model needs {needed}.")
            text = text.format(
                folder=folder, free=bytes_text(free), needed=bytes_text(_LARGE_MODEL_BYTES)
            )
            problems.append(Problem(text, mend))
    return Finding(facts, tuple(problems))


def _size(folder: Path) -> int:
    """Return the bytes of the files in a folder; links, which the hub's cache is full of, aside."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = Path(parent, name).lstat()
            except OSError:  # removed meanwhile
                continue
            total += status.st_size
    return total
