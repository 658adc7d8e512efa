"""From an input to shards: which files, and which part of which file."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from jingpai.batch.formats.parquet import ParquetFormat
from jingpai.batch.formats.shard import Format, Shard
from jingpai.batch.formats.text import TextFormat
from jingpai.batch.storage import Place
from jingpai.errors import InvalidInput
from jingpai.files.encodings import check_encoding
from jingpai.files.endings import KINDS, PACKED, ending_of, is_packed

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo

    from jingpai.batch.settings import Columns, Settings

Planning: TypeAlias = Callable[[int, int], None]
"""Called with (bytes looked at, bytes in all)."""

# JSON that is one value, and text without columns, have no rows.
_FORMATS = {".parquet": "parquet"} | {
    ending: "jsonl" if kind == "jsonl" else "csv"
    for ending, kind in KINDS.items()
    if kind in ("jsonl", "csv", "tsv")
}

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of the input.

    Attributes:
        name: Within the input.
        bytes: Its size.
        rows: How many it has, bad ones included.
        fingerprint: Of its content, as far as the plan has read it.
    """

    name: str
    bytes: int
    rows: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a job consists of.

    Attributes:
        format: Of the files, those of the input and those of the output.
        columns: As the input has them.
        files: In order of their paths.
        shards: In the same order.
    """

    format: str
    columns: Columns
    files: tuple[InputFile, ...]
    shards: tuple[Shard, ...]

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(file.rows for file in self.files)

    @property
    def digest(self) -> str:
        """What tells these shards from others."""
        digest = hashlib.sha256()
        for shard in self.shards:
            digest.update(json.dumps(replace(shard, path="").as_json()).encode())
        return digest.hexdigest()


def make_plan(address: str, settings: Settings, *, progress: Planning | None = None) -> Plan:
    """List the files of an input and cut them into shards.

    Of Parquet files the footers are read, of text files every byte: their rows have to be counted.

    Args:
        address: A file, a folder or a pattern with `*`, on any file system.
        settings: The columns, the encoding and the size of a shard.
        progress: Told how far it is.

    Raises:
        InvalidInput: The input cannot be used.
        StorageFailed: A file cannot be read.
    """
    base, found = find_files(address)
    kinds = {ending(info.base_name).removesuffix(PACKED) for info in found}
    if len({_FORMATS[kind] for kind in kinds}) > 1:
        raise InvalidInput(
            f"{address}: files of several formats ({', '.join(sorted(kinds))}); name those of one,"
            f" for example {posixpath.join(address, '*' + min(kinds))!r}."
        )
    format_name = _FORMATS[kinds.pop()]
    kind, columns = format_of(format_name, settings), settings.columns
    files, shards = list[InputFile](), list[Shard]()
    done, total = 0, sum(info.size for info in found)
    for info in found:
        place = Place(base.filesystem, info.path)
        columns = kind.settled(place, columns)
        name = posixpath.relpath(info.path, base.path)
        stretches = list(kind.cut(place, rows=settings.shard_rows))
        prints = "".join(stretch.fingerprint for stretch in stretches)
        files.append(
            InputFile(
                name=name,
                bytes=info.size,
                rows=sum(stretch.rows for stretch in stretches),
                fingerprint=hashlib.sha256(prints.encode()).hexdigest(),
            )
        )
        shards += [Shard(0, info.path, name, stretch) for stretch in stretches]
        done += info.size
        if progress is not None:
            progress(done, total)
    # A part without rows says what columns there are: where nothing else does, it is written.
    kept = [shard for shard in shards if shard.stretch.rows] or shards[:1]
    numbered = tuple(replace(shard, index=index) for index, shard in enumerate(kept))
    if columns.document is None and columns.documents is None:
        columns = replace(columns, document="document")
    return Plan(format_name, columns, tuple(files), numbered)


def format_of(name: str, settings: Settings) -> Format:
    """Return a format by its name in a plan.

    Raises:
        InvalidInput: The encoding cannot be used.
    """
    if name == "parquet":
        return ParquetFormat()
    check_encoding(settings.encoding)
    return TextFormat(is_table=name == "csv", encoding=settings.encoding)


def find_files(address: str) -> tuple[Place, Sequence[FileInfo]]:
    """Return the files that an address means, in order of their paths, and what they lie in.

    Of a folder those with a known ending count, wherever below it, and none whose name begins with
    a dot or an underscore, or that lies in a folder of such a name.

    Raises:
        InvalidInput: There are none.
        StorageFailed: A folder cannot be listed.
    """
    endings = ", ".join(_FORMATS)
    place = Place.of(address)
    name = place.name
    if _WILD & set(name):
        folder = Place(place.filesystem, posixpath.dirname(place.path))
        found = [file for file in folder.files() if fnmatch.fnmatchcase(file.base_name, name)]
        unknown = [file.base_name for file in found if not ending(file.base_name)]
        if not found or unknown:
            what = f"{unknown[0]} is none of them" if unknown else "no file is called so"
            raise InvalidInput(f"{address}: {what}; the ending says what a file is: {endings}.")
        return folder, found
    info = place.info()
    if info.is_file and ending(name):
        return Place(place.filesystem, posixpath.dirname(place.path)), [info]
    below = [
        file
        for file in (place.files(deep=True) if not info.is_file else ())
        if ending(file.base_name) and not _is_hidden(posixpath.relpath(file.path, place.path))
    ]
    if not below:
        what = (
            "no such file or folder" if not (info.is_file or place.files()) else "nothing to read"
        )
        raise InvalidInput(
            f"{address}: {what}; the endings of files are {endings}, and .gz after those of text."
        )
    return place, below


def ending(name: str) -> str:
    """Return the ending of a file that can be read, and nothing for another."""
    kind = ending_of(name)
    if kind not in _FORMATS or (is_packed(name) and _FORMATS[kind] == "parquet"):
        return ""
    return kind + PACKED * is_packed(name)


def _is_hidden(path: str) -> bool:
    return any(part.startswith((".", "_")) for part in path.split("/"))
