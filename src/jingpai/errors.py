"""The errors of jingpai: one tree, so that `except JingpaiError` catches all of it.

JingpaiError
├── InvalidInput        an argument is not usable; also a ValueError
│   └── InputTooLong    the query alone does not fit into the model
├── ModelNotFound       no such name, folder or repository
├── ModelFilesInvalid   files are missing, broken or of a kind that is not supported
├── DownloadFailed      the hub did not answer, refused, or the disk is full
├── MissingExtra        an optional package is not installed; also an ImportError
├── CacheUnusable       what a model is turned into cannot be stored: disk full, no permission
├── StorageFailed       a file of a batch job cannot be read or written: disk full, no permission
├── DeviceUnavailable   the device that was asked for cannot be used
├── ClusterFailed       Ray cannot be reached, goes away, or does not start what it should
├── TrainingStopped     fine-tuning went wrong and was stopped; no model was written
└── BackendFailed       the model could not be run
    └── OutOfMemory     one row alone is too large for the memory of the device

Every message says what was given, what is allowed, and what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class JingpaiError(Exception):
    """Root of every error that jingpai raises on purpose."""


class InvalidInput(JingpaiError, ValueError):
    """An argument cannot be used; the message names the argument and, in a list, the index."""


class InputTooLong(InvalidInput):
    """The query alone exceeds what the model can read; the message names both lengths in tokens."""


class ModelNotFound(JingpaiError):
    """No bundled model, local folder or repository has this name."""


class ModelFilesInvalid(JingpaiError):
    """A model's files are missing, broken, or of an architecture that is not supported."""


class DownloadFailed(JingpaiError):
    """A model could not be fetched; the message says how to get it another way."""


class MissingExtra(JingpaiError, ImportError):
    """An optional package is not installed; the message holds the pip command."""


class CacheUnusable(JingpaiError):
    """The cache folder is full or cannot be written; the message says how to move it."""


class StorageFailed(JingpaiError):
    """A file of a batch job cannot be read or written; what is done is kept."""


class DeviceUnavailable(JingpaiError):
    """The device that was asked for does not exist here or cannot be used."""


class ClusterFailed(JingpaiError):
    """Ray does not start, does not answer, or cannot start the replicas it was asked for."""


class TrainingStopped(JingpaiError):
    """Fine-tuning went wrong; the message says how, and what to change. No model was written."""


class BackendFailed(JingpaiError):
    """The model could not be run on a batch, or gave no number for a pair.

    Attributes:
        scores: One a document in input order, None where there is none: what could be scored is
            not lost. With several queries, a list for each. Empty where nothing was scored.
    """

    scores: Sequence[float | None] | Sequence[Sequence[float | None]] = ()


class OutOfMemory(BackendFailed):
    """The device has no memory for a batch; raised to users only when a single row does not fit."""
