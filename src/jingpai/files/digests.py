"""Content hashes of files, remembered so that gigabytes are not read again at every start."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import TYPE_CHECKING, TypeAlias

from jingpai.files.whole import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_Remembered: TypeAlias = dict[str, list[object]]

CHUNK_BYTES = 1 << 22
SETTLED_AFTER_NS = 2_000_000_000
"""A file changed less than two seconds ago may change again within the same tick of a coarse file
system clock; its hash is not remembered."""


class Digests:
    """SHA-256 of files, remembered by path, size and time of last change.

    A file that is exchanged for another of the same size and the same time of change, down to the
    nanosecond, keeps its old hash; that does not happen by accident. The file of remembered hashes
    is only ever an aid: lost, broken or overwritten by another process, it costs a second reading.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, files: Sequence[Path]) -> tuple[tuple[str, str], ...]:
        """Return name and hash of each file."""
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
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
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
        write_text(self._path, json.dumps(known, indent=1))


def combined_digest(digests: Iterable[tuple[str, str]], *, salt: str) -> str:
    """One name, 40 characters long, for named contents and a salt."""
    joined = json.dumps([salt, sorted(digests)])
    return hashlib.sha256(joined.encode()).hexdigest()[:40]


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a string all along
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
