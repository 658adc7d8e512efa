"""Content hashes of files, remembered so that gigabytes are not read again at every start."""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from typing import TYPE_CHECKING, TypeAlias

from jingpai.files.json_text import load_json
from jingpai.files.whole import write_text
from jingpai.system.folders import CACHE_VARIABLE, HomeUnknown, cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from typing_extensions import Self

_Remembered: TypeAlias = dict[str, list[object]]

FILE = "digests.json"
CHUNK_BYTES = 1 << 22
SETTLED_AFTER_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again within the same tick of a coarse file
system clock; its hash is not remembered."""


class Digests:
    """SHA-256 of files, remembered by path, size and time of last change.

    A file that is exchanged for another of the same size and the same time of change, down to the
    nanosecond, keeps its old hash; that does not happen by accident. The file of remembered hashes
    is only ever an aid: lost, broken or overwritten by another process, it costs a second reading.
    Where it cannot be written a `RuntimeWarning` says so, and work goes on.
    """

    def __init__(self, path: Path | None) -> None:
        """Remember hashes in a file; None remembers none."""
        self._path = path

    @classmethod
    def in_cache(cls) -> Self:
        """Return those that are remembered in jingpai's own folder."""
        try:
            return cls(cache_folder() / FILE)
        except HomeUnknown as error:
            _warn("The hashes of models", error)
            return cls(None)

    def of(self, files: Sequence[Path]) -> tuple[tuple[str, str], ...]:
        """Return name and hash of each file.

        Raises:
            OSError: A file cannot be read.
        """
        remembered = self._load()
        known = dict(remembered)
        result = []
        for file in files:
            # A hub cache links names to contents, so the link's target is what counts.
            real = os.path.realpath(file)
            status = os.stat(real)  # noqa: PTH116 - a string all along
            stamp: list[object] = [status.st_size, status.st_mtime_ns]
            entry = known.get(real, [])
            if entry[:2] != stamp or not isinstance(entry[-1], str):
                entry = [*stamp, _digest(real)]
                if time.time_ns() - status.st_mtime_ns > SETTLED_AFTER_NS:
                    known[real] = entry
            result.append((file.name, str(entry[-1])))
        if known != remembered:
            self._save(known)
        return tuple(result)

    def _load(self) -> _Remembered:
        if self._path is None:
            return {}
        try:
            content = load_json(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {
            path: entry
            for path, entry in content.items()
            if isinstance(entry, list) and len(entry) == 3
        }

    def _save(self, known: _Remembered) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, json.dumps(known, indent=1))
        except OSError as error:
            _warn(f"{self._path}, with the hashes of models,", error)


def combined_digest(digests: Iterable[tuple[str, str]], *, salt: str) -> str:
    """One name, 40 characters long, for named contents and a salt."""
    joined = json.dumps([salt, sorted(digests)])
    return hashlib.sha256(joined.encode()).hexdigest()[:40]


def _warn(what: str, error: OSError) -> None:
    message = (
        f"{what} cannot be kept ({error}); going on without, so a model's files are read once more"
        f" at each start. To keep them, set the environment variable {CACHE_VARIABLE} to a folder"
        " that can be written."
    )
    # The place is always this one, so that many models are one warning.
    warnings.warn(message, RuntimeWarning, stacklevel=1)


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a string all along
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
