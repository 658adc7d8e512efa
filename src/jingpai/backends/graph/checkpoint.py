"""A checkpoint on disk: named tensors in safetensors files, read one at a time.

`safetensors` checks the files; the bytes are read here, because its numpy interface has no bfloat16
and maps whole files, which counts as memory of the process. Reading piece by piece keeps the
conversion of any checkpoint small.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open

from jingpai.backends.graph.tensor_names import today
from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import ModelFolder
from jingpai.files.unreadable import is_forbidden, unreadable

if TYPE_CHECKING:
    from numpy.typing import NDArray

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""

CHUNK_BYTES = 1 << 24

_DTYPES: Mapping[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),  # numpy has no bfloat16; `_widened` knows
    "F64": np.dtype("<f8"),
    "U8": np.dtype("u1"),
}


class _Entry(NamedTuple):
    path: Path
    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int


class Checkpoint:
    """The tensors of a folder by name, whatever an older program called them."""

    def __init__(self, folder: Path, *, prefix: str = "", progress: Progress | None = None) -> None:
        """Read the headers of the files.

        Args:
            folder: Holds safetensors files.
            prefix: What the names of the encoder's tensors begin with.
            progress: Called while tensors are read.

        Raises:
            ModelFilesInvalid: There are none, or one is broken.
        """
        self._folder = folder
        stored: dict[str, _Entry] = {}
        for path in ModelFolder.read(folder).checkpoint:
            stored.update(_read_header(path))
        # Where a tensor is there under both names, the one of today counts.
        self._entries = {today(name, prefix=prefix): stored[name] for name in stored} | {
            name: entry for name, entry in stored.items() if today(name, prefix=prefix) == name
        }
        self._unread = set(self._entries)
        self._progress = progress
        self._read_bytes = 0
        self.total_bytes = sum(entry.length for entry in self._entries.values())

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    @property
    def weights(self) -> int:
        """How many numbers the checkpoint holds."""
        return sum(math.prod(entry.shape) for entry in self._entries.values())

    @property
    def unread(self) -> frozenset[str]:
        """Names of the tensors that nothing has asked for so far."""
        return frozenset(self._unread)

    def read(self, name: str, *, shape: Sequence[int]) -> NDArray[np.float32]:
        """Return a tensor as float32; `shape` is what it must have.

        Raises:
            ModelFilesInvalid: It is missing, has another shape, is not made of floats, or holds
                NaN or infinity.
        """
        chunks = list(self.chunks(name, shape=shape))
        whole = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
        return whole.reshape(shape)

    def chunks(self, name: str, *, shape: Sequence[int]) -> Iterator[NDArray[np.float32]]:
        """Yield a tensor as float32 in stretches of its first axis, about 16 MiB each."""
        entry = self._entry(name, shape=shape, dtypes=("F32", "F16", "BF16", "F64"))
        for chunk in self._stretches(entry):
            yield _finite(_widened(chunk, entry.dtype), name, path=entry.path)

    def raw_chunks(
        self, name: str, *, shape: Sequence[int], dtypes: Sequence[str]
    ) -> Iterator[NDArray[Any]]:
        """Yield a tensor as it is stored, in stretches of its first axis; errors as for `read`."""
        entry = self._entry(name, shape=shape, dtypes=dtypes)
        for chunk in self._stretches(entry):
            yield _finite(chunk, name, path=entry.path)

    def _entry(self, name: str, *, shape: Sequence[int], dtypes: Sequence[str]) -> _Entry:
        if name not in self._entries:
            tail = ".".join(name.split(".")[-3:])
            alike = next((other for other in self._entries if other.endswith(tail)), None)
            hint = f" There is {alike}, under a prefix that nothing here knows." if alike else ""
            raise ModelFilesInvalid(
                f"{self._folder}: the weights hold no tensor {name}, so they are not those of a "
                f"model of the kind and size that {self._folder / 'config.json'} names.{hint}"
            )
        entry = self._entries[name]
        if entry.shape != tuple(shape):
            raise ModelFilesInvalid(
                f"{entry.path}: {name} has the shape {list(entry.shape)}, "
                f"but config.json asks for {list(shape)}."
            )
        if entry.dtype not in dtypes:
            raise ModelFilesInvalid(
                f"{entry.path}: {name} is stored as {entry.dtype}; allowed: {', '.join(dtypes)}."
                " Take the model as it was before its numbers were made smaller, or save it once"
                " more as one of these."
            )
        self._unread.discard(name)
        return entry

    def _stretches(self, entry: _Entry) -> Iterator[NDArray[Any]]:
        rows = entry.shape[0] if entry.shape else 1
        row_bytes = max(1, entry.length // max(1, rows))
        step = max(1, CHUNK_BYTES // row_bytes)
        dtype = _DTYPES[entry.dtype]
        with entry.path.open("rb") as file:
            file.seek(entry.offset)
            for first in range(0, rows, step):
                taken = min(step, rows - first)
                count = taken * row_bytes // dtype.itemsize
                self._advance(count * dtype.itemsize)
                yield np.fromfile(file, dtype, count).reshape(taken, *entry.shape[1:])

    def _advance(self, count: int) -> None:
        self._read_bytes += count
        if self._progress is not None:
            self._progress(min(self._read_bytes, self.total_bytes), self.total_bytes)


def _read_header(path: Path) -> dict[str, _Entry]:
    try:
        with safe_open(os.fspath(path), framework="numpy"):
            pass  # checks the header, and that its offsets cover the file without gaps
    except (SafetensorError, OSError) as error:
        if is_forbidden(error):
            raise unreadable(path, error) from error
        raise ModelFilesInvalid(
            f"{path} is broken or only half there ({error}); fetch the model again."
        ) from error
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return {
        name: _Entry(
            path,
            dtype=info["dtype"],
            shape=tuple(info["shape"]),
            offset=8 + size + info["data_offsets"][0],
            length=info["data_offsets"][1] - info["data_offsets"][0],
        )
        for name, info in header.items()
    }


def _widened(values: NDArray[Any], dtype: str) -> NDArray[np.float32]:
    if dtype == "BF16":  # the upper half of a float32
        return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused
        return values.astype(np.float32, copy=False)


def _finite(values: NDArray[Any], name: str, *, path: Path) -> NDArray[Any]:
    """Return values as they are, where all of them are numbers."""
    wrong = values.size - np.count_nonzero(np.isfinite(values))
    if wrong:
        raise ModelFilesInvalid(
            f"{path}: {name} holds NaN or infinity ({wrong} of {values.size} values looked at),"
            " as a failed training or a damaged file leaves it. Fetch the model again, or take an"
            " earlier state of the training."
        )
    return values
