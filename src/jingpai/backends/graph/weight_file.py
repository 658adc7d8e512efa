"""A file of raw tensors beside a graph: appended one at a time, aligned, never held in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

ALIGNMENT = 4096
"""A page, so that ONNX Runtime can map each tensor instead of reading it."""


class Stretch(NamedTuple):
    """Where a tensor lies: file name, offset and length in bytes."""

    file: str
    offset: int
    length: int


class WeightFile:
    """Writes tensors to a new file."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._file = path.open("wb")

    def append(self, chunks: Iterable[NDArray[Any]]) -> Stretch:
        """Write the chunks of one tensor, first to last, and say where they lie."""
        self._file.write(bytes(-self._file.tell() % ALIGNMENT))
        offset = self._file.tell()
        for chunk in chunks:
            self._file.write(chunk.data)  # contiguous, so this copies nothing
        return Stretch(self._name, offset, self._file.tell() - offset)

    def close(self) -> None:
        """Write out what is buffered; no tensor can follow."""
        self._file.close()
