"""A file of raw tensors beside a graph: appended one at a time, aligned, never held in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from jingpai.errors import ModelFilesInvalid

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
        self._path = path
        self._file = self._open(path)

    def append(self, chunks: Iterable[NDArray[Any]]) -> Stretch:
        """Write the chunks of one tensor, first to last, and say where they lie."""
        self._put(memoryview(bytes(-self._file.tell() % ALIGNMENT)))
        offset = self._file.tell()
        for chunk in chunks:
            self._put(chunk.data.cast("B"))  # contiguous, so this copies nothing
        return Stretch(self._path.name, offset, self._file.tell() - offset)

    def close(self) -> None:
        """Write out what is buffered; no tensor can follow."""
        self._file.close()

    def _open(self, path: Path) -> BinaryIO:
        return path.open("wb")

    def _put(self, data: memoryview) -> None:
        self._file.write(data)


class SharedWeightFile(WeightFile):
    """A file that another graph has written, for a graph that begins with the same tensors.

    Nothing is written: what would be must be there already, byte by byte.
    """

    def _open(self, path: Path) -> BinaryIO:
        return path.open("rb")

    def _put(self, data: memoryview) -> None:
        if self._file.read(len(data)) != data:
            raise ModelFilesInvalid(
                f"{self._path} holds other tensors than this graph needs, so the two cannot share "
                "it. Write both graphs from checkpoints with the same word embeddings."
            )
