"""Where a job reads and writes: a local folder, or what Arrow or fsspec know by an address."""

from __future__ import annotations

import hashlib
import io
import json
import os
import posixpath
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.errors import InvalidInput, StorageFailed
from jingpai.extras import needing
from jingpai.files.json_text import load_json
from jingpai.system.folders import HomeUnknown, expanded

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from pyarrow import NativeFile
    from pyarrow.fs import FileInfo, FileSystem


def require_arrow() -> None:
    """Check that pyarrow is there.

    Raises:
        MissingExtra: It is not.
    """
    with needing("batch", what="jingpai batch", packages="pyarrow"):
        import pyarrow.fs  # noqa: F401 - optional


def absolute(address: str) -> str:
    """Return an address that means the same in a process with another working folder.

    Raises:
        InvalidInput: It lies in a home that nobody knows.
    """
    if "://" in address:
        return address
    try:
        return str(expanded(address).resolve())
    except HomeUnknown as error:
        raise InvalidInput(f"{error}, or give a path without ~.") from error


class Place(NamedTuple):
    """A path on a file system.

    Attributes:
        filesystem: Of Arrow.
        path: As this file system writes it, with `/` between its parts.
    """

    filesystem: FileSystem
    path: str

    @classmethod
    def of(cls, address: str) -> Place:
        """Find the file system of a path or an address such as `s3://bucket/folder`.

        Raises:
            InvalidInput: No file system answers to it.
            MissingExtra: pyarrow is not there.
        """
        require_arrow()
        from fsspec.core import url_to_fs
        from pyarrow import ArrowInvalid
        from pyarrow.fs import (
            FileSystem,
            FSSpecHandler,
            LocalFileSystem,
            PyFileSystem,
        )

        if "://" not in address:
            return cls(LocalFileSystem(), Path(absolute(address)).as_posix())
        # Arrow's own file systems first; fsspec has the others.
        with suppress(ArrowInvalid):
            return cls(*FileSystem.from_uri(address))
        try:
            found, path = url_to_fs(address)
            return cls(PyFileSystem(FSSpecHandler(found)), path)
        # fsspec raises ValueError for a name it does not know, ImportError for a missing package.
        except (ValueError, ImportError) as error:
            raise InvalidInput(f"{address}: no file system answers to it ({error}).") from error

    def __truediv__(self, name: str) -> Place:
        return Place(self.filesystem, posixpath.join(self.path, name))

    @property
    def name(self) -> str:
        """The last part of the path."""
        return posixpath.basename(self.path.rstrip("/"))

    def info(self) -> FileInfo:
        """Return what is known of the file: its kind, size and time of change.

        Raises:
            StorageFailed: The file system does not say.
        """
        with told(self.path, "read"):
            return self.filesystem.get_file_info(self.path)

    def files(self, *, deep: bool = False) -> list[FileInfo]:
        """Return the files in this folder, in order of their paths; none where it is not there.

        Raises:
            StorageFailed: It cannot be listed.
        """
        from pyarrow.fs import FileSelector

        with told(self.path, "read"):
            selector = FileSelector(self.path, allow_not_found=True, recursive=deep)
            found = self.filesystem.get_file_info(selector)
        return sorted((info for info in found if info.is_file), key=lambda info: info.path)

    def open(self) -> NativeFile:
        """Open the file for reading, with seek.

        Raises:
            StorageFailed: It cannot be opened.
        """
        with told(self.path, "read"):
            return self.filesystem.open_input_file(self.path)

    def make_folder(self) -> None:
        """Make the folder and those above it; one that is there is left as it is.

        Raises:
            StorageFailed: It cannot be made.
        """
        with told(self.path, "written"):
            self.filesystem.create_dir(self.path, recursive=True)

    def remove(self) -> None:
        """Remove the file.

        Raises:
            StorageFailed: It cannot be removed.
        """
        with told(self.path, "written"):
            self.filesystem.delete_file(self.path)

    def remove_folder(self) -> None:
        """Remove the folder and all in it; what cannot be removed stays."""
        with suppress(OSError):
            self.filesystem.delete_dir(self.path)

    def read_json(self) -> dict[str, Any]:
        """Return the JSON object in the file.

        Raises:
            StorageFailed: The file cannot be read.
            ValueError: It holds something else.
        """
        with self.open() as file, told(self.path, "read"):
            content = file.read()
        value = load_json(content)
        if not isinstance(value, dict):
            raise ValueError("a JSON object is expected")  # noqa: TRY004 - of the content
        return value

    def write_json(self, value: Mapping[str, Any], *, by_way_of: Place) -> None:
        """Write a JSON object, there as a whole or not at all; see `write_whole`."""
        with self.write_whole(by_way_of=by_way_of) as sink:
            sink.write(json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8") + b"\n")

    @contextmanager
    def write_whole(self, *, by_way_of: Place) -> Generator[Sink]:
        """Open the file for writing; it gets its name once all of it is written.

        Args:
            by_way_of: A folder that is there, for the file until it is whole.

        Raises:
            StorageFailed: It cannot be written.
        """
        # A name of its own: a worker that was given up for dead may still write to another.
        temporary = by_way_of / f"{self.name}.{uuid.uuid4().hex}"
        with told(self.path, "written"):
            stream = self.filesystem.open_output_stream(temporary.path)
        sink = Sink(stream, path=self.path)
        try:
            yield sink
            with told(self.path, "written"):
                stream.close()
                self.filesystem.move(temporary.path, self.path)
        except BaseException:
            sink.is_abandoned = True
            with suppress(OSError):
                stream.close()
            with suppress(OSError):
                self.filesystem.delete_file(temporary.path)
            raise


class Sink(io.RawIOBase):
    """Writes to a stream, and knows what it has written.

    Attributes:
        size: In bytes.
        digest: SHA-256 of all of it.
        is_abandoned: Whether nobody wants it any more: what is still written is dropped. Writers
            of Parquet and gzip that are thrown away end their files at some later time.
    """

    def __init__(self, stream: NativeFile, *, path: str) -> None:
        self._stream = stream
        self._path = path
        self.size = 0
        self.digest = hashlib.sha256()
        self.is_abandoned = False

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def write(self, content: Any) -> int:  # noqa: ANN401 - whatever has bytes
        """Write bytes.

        Raises:
            StorageFailed: They cannot be written.
        """
        with told(self._path, "written"), memoryview(content) as view:
            if not self.is_abandoned:
                self._stream.write(view)
                self.digest.update(view)
                self.size += view.nbytes
            return view.nbytes


@contextmanager
def told(path: str, what: str) -> Generator[None]:
    """Translate the errors of a file system.

    Args:
        path: What it is about.
        what: What it cannot be: `read` or `written`.

    Raises:
        StorageFailed: Instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        # Arrow wraps what the system says in words of its own.
        reason = os.strerror(error.errno) if error.errno else error
        advice = (
            "Make room, or see to the permission" if what == "written" else "See that it is there"
        )
        raise StorageFailed(
            f"{path} cannot be {what} ({reason}). {advice}, and run the same"
            " command again: it goes on where it was."
        ) from error
