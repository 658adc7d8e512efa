"""Remembered logits: a row that a model has scored before is not scored again.

A logit depends on the token ids of its row and on the model alone, so these are the key: texts,
templates, limits and cleaning have all had their say before. The store is SQLite, in memory or in
one file that several processes may share.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jingpai.errors import CacheUnusable
from jingpai.files.digests import Digests, combined_digest
from jingpai.files.unreadable import unreadable
from jingpai.guards import LARGEST, check_path, check_whole
from jingpai.system.closing import Closing
from jingpai.system.folders import HomeUnknown, expanded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jingpai.tokens.tokenizer import Row

# Each is a key of 16 bytes and a number; a million are some 50 MB.
_DEFAULT_SIZE = 1_000_000

# SQLite allows 999 in the oldest releases that Python still meets.
_KEYS_PER_QUERY = 500

# Of another process that writes to the same file.
_WAIT_SECONDS = 10

_IN_MEMORY = ":memory:"

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS logits (
        place INTEGER PRIMARY KEY, row BLOB NOT NULL UNIQUE, logit REAL NOT NULL
    )
"""


class _Store(NamedTuple):
    """A connection, who may use it now, and the process that opened it."""

    database: sqlite3.Connection
    lock: threading.Lock
    process: int


class ScoreCache(Closing):
    """Keeps logits for as long as the program runs, or in a file for longer.

    One cache may serve several models, threads and processes. A copy or a pickle opens the same
    file again; that of a cache in memory begins empty. It is an aid: when its file cannot
    be read or written any more, a `RuntimeWarning` says so and scoring goes on without it.

    Example:
        >>> from jingpai import Reranker, ScoreCache
        >>> reranker = Reranker(cache=ScoreCache("scores.db"))
    """

    def __init__(self, path: str | Path | None = None, *, size: int = _DEFAULT_SIZE) -> None:
        """Open a cache.

        Args:
            path: A file, made where there is none; None keeps the scores in memory.
            size: Most logits that are kept; the oldest make room for new ones.

        Raises:
            InvalidInput: The size is not a whole number from 1, or the path is none.
            CacheUnusable: The file cannot be made, or is no cache of jingpai.
        """
        check_whole("size", size, most=LARGEST)
        self._size = size
        self._where = _where(path)
        self._stores = [self._open()]

    def __copy__(self) -> ScoreCache:
        """Return a cache that shares this one's store."""
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        """Travel by the path: a copy opens the same file, and one in memory begins empty."""
        return {name: value for name, value in self.__dict__.items() if name != "_stores"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._stores = [self._open()]

    def __len__(self) -> int:
        store = self._store()
        with store.lock:
            (count,) = store.database.execute("SELECT count(*) FROM logits").fetchone()
        return int(count)

    def find(self, rows: Sequence[Row], *, model: str) -> dict[int, float]:
        """Return the logits that are known, by the index of the row.

        Args:
            rows: Token ids.
            model: What tells one model and number format from another; as for `identify`.
        """
        keys = [_key(row, model=model) for row in rows]
        known: dict[bytes, float] = {}
        store = self._store()
        try:
            with store.lock:
                for first in range(0, len(keys), _KEYS_PER_QUERY):
                    some = keys[first : first + _KEYS_PER_QUERY]
                    places = ", ".join("?" * len(some))
                    query = f"SELECT row, logit FROM logits WHERE row IN ({places})"  # noqa: S608 (question marks)
                    known.update(store.database.execute(query, some))
        except sqlite3.Error as error:
            self._warn("read", error)
        return {index: known[key] for index, key in enumerate(keys) if key in known}

    def keep(self, rows: Sequence[Row], logits: Mapping[int, float], *, model: str) -> None:
        """Remember logits by the index of their row; the oldest go when the cache is full."""
        new = [(_key(rows[index], model=model), logit) for index, logit in logits.items()]
        store = self._store()
        try:
            with store.lock, store.database:
                store.database.executemany(
                    "INSERT OR IGNORE INTO logits (row, logit) VALUES (?, ?)", new
                )
                store.database.execute(
                    "DELETE FROM logits WHERE place <= (SELECT max(place) FROM logits) - ?",
                    (self._size,),
                )
        except sqlite3.Error as error:
            self._warn("written", error)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        store = self._store()
        with store.lock:
            store.database.close()

    def _store(self) -> _Store:
        """Return this process's store: a connection must not be used on both sides of a fork."""
        if self._stores[-1].process != os.getpid():
            # The inherited one stays, for closing it would touch the parent's file.
            self._stores.append(self._open())
        return self._stores[-1]

    def _open(self) -> _Store:
        try:
            database = sqlite3.connect(self._where, timeout=_WAIT_SECONDS, check_same_thread=False)
            with database:
                database.execute("PRAGMA journal_mode = WAL")
                # A score that is lost with the power is computed again.
                database.execute("PRAGMA synchronous = NORMAL")
                database.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise CacheUnusable(
                f"{self._where} cannot be used as a score cache ({error}). Give the path of a new"
                " file in a folder that can be written, or delete the file."
            ) from error
        return _Store(database, threading.Lock(), os.getpid())

    def _warn(self, what: str, error: sqlite3.Error) -> None:
        message = f"The score cache {self._where} cannot be {what} ({error}); going on without it."
        warnings.warn(message, RuntimeWarning, stacklevel=3)


def _where(path: str | Path | None) -> str:
    if path is None or path == _IN_MEMORY:
        return _IN_MEMORY
    check_path("path", path)
    try:
        # Programs change their folder, and copies begin in another.
        return str(expanded(path).absolute())
    except HomeUnknown as error:
        raise CacheUnusable(f"{error}, or give a path without ~.") from error


def identify(files: Sequence[Path], *, settings: str) -> str:
    """Return what tells a model from all others: the content of its files, and its settings.

    Args:
        files: All that decides its numbers.
        settings: What else does: the number format, the device, the version of what runs it.

    Raises:
        ModelFilesInvalid: One of them cannot be read.
    """
    try:
        return combined_digest(Digests.in_cache().of(files), salt=settings)
    except OSError as error:
        path = Path(error.filename) if error.filename else files[0].parent
        raise unreadable(path, error) from error


def _key(row: Row, *, model: str) -> bytes:
    digest = hashlib.blake2b(model.encode(), digest_size=16)
    digest.update(np.array([row.query_length, *row.ids], np.int32).tobytes())
    return digest.digest()
