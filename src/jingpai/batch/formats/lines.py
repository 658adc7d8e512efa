"""Text files as records: where each begins and ends, byte by byte.

A plan cuts a file at the ends of records, and a worker reads from one such end to another, so both
go through here. A record is what one row is written in: a line of JSON, or as many lines of CSV as
its quoted fields have.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from jingpai.batch.formats.rows import Position
from jingpai.batch.storage import told
from jingpai.files.encodings import MARK, as_utf8
from jingpai.files.endings import is_packed
from jingpai.files.faults import Fault, unusable
from jingpai.files.opening import broken_gzip, wrongly_named
from jingpai.files.tables import LONGEST_FIELD, is_blank, not_csv, reader_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from jingpai.batch.storage import Place

LONGEST_LINE = LONGEST_FIELD
"""Bytes; a line that has more is a bad row, so that a file without line ends fills no memory."""


class Record(NamedTuple):
    """What one row is written in.

    Attributes:
        position: Its lines.
        raw: As it stands in the file, line end included.
        end: Where it ends in the file, in bytes.
        fields: Of CSV, as text.
        fault: Why it cannot be read, else empty.
    """

    position: Position
    raw: bytes
    end: int
    fields: list[str]
    fault: str


class Lines:
    """The lines of a stretch of a file, and how far they have been read.

    Attributes:
        number: Of the last line that was read.
        offset: Where it ends, in bytes.
        digest: Of what was read.
    """

    def __init__(
        self,
        file: BinaryIO,
        *,
        start: int = 0,
        end: int | None = None,
        line: int = 1,
        heading: bytes = b"",
        longest: int = LONGEST_LINE,
    ) -> None:
        """Begin at a line.

        Args:
            file: Stands at `start`.
            start: Where the stretch begins, in bytes.
            end: Where it ends; None is the end of the file.
            line: Number of its first line.
            heading: What the file begins with; it decides what the lines mean, so it is part of
                their digest.
            longest: A line of so many bytes is too long.
        """
        self._file = file
        self._end = end
        self._longest = longest
        self._heading = heading
        self.offset = start
        self.number = line - 1
        self.digest = hashlib.sha256(heading)

    def __iter__(self) -> Iterator[bytes]:
        """Yield lines with their ends; of one over the limit, the beginning without an end."""
        while self._end is None or self.offset < self._end:
            line = self._read()
            if not line:
                return
            self.number += 1
            rest = line
            while self._is_cut(rest):
                rest = self._read()
            yield line

    def take_digest(self) -> str:
        """Return the digest of what was read, and begin another."""
        taken, self.digest = self.digest.hexdigest(), hashlib.sha256(self._heading)
        return taken

    def fault(self, lines: Sequence[bytes]) -> str:
        """Return what to say of lines of which one is too long; nothing where none is."""
        is_long = any(map(self._is_cut, lines))
        return f"a line of {self._longest:,} bytes and more" if is_long else ""

    def _is_cut(self, line: bytes) -> bool:
        return len(line) == self._longest and not line.endswith(b"\n")

    def _read(self) -> bytes:
        line = self._file.readline(self._longest)
        self.offset += len(line)
        self.digest.update(line)
        return line


@contextmanager
def open_text(place: Place, *, start: int = 0, encoding: str | None = None) -> Generator[BinaryIO]:
    """Open a text file at a byte of its content.

    Its content is what `.gz` is unpacked to and what UTF-16 is in UTF-8: bytes in which a line end
    is a line end.

    Raises:
        InvalidInput: It is no whole gzip file, or no text where it was to be turned into UTF-8.
        StorageFailed: It cannot be read.
    """
    try:
        with told(place.path, "read"), place.open() as source:
            file = _unpacked(place, cast("io.RawIOBase", source))
            content = as_utf8(file, encoding=encoding) or cast("BinaryIO", file)
            with content:
                _skip(content, start)
                yield content
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise unusable(place.path, broken_gzip(error)) from None
    except Fault as fault:
        raise unusable(place.path, fault, line=fault.line) from None


def without_mark(line: bytes) -> bytes:
    """Return the first line of a file without the mark that it may begin with."""
    return line.removeprefix(codecs.BOM_UTF8)


def json_records(lines: Lines) -> Iterator[Record]:
    """Yield the lines that hold something."""
    for raw in lines:
        if (without_mark(raw) if lines.number == 1 else raw).strip():
            fault = lines.fault([raw])
            yield Record(Position(lines.number, lines.number), raw, lines.offset, [], fault)


def csv_records(lines: Lines, *, delimiter: str, encoding: str) -> Iterator[Record]:
    """Yield the records of a table, as RFC 4180 has them, blank lines left out.

    What is wrong with a record stays with it. A quote that is never closed takes all that follows
    with it, up to the limit of a line; the record's position says how far.
    """
    pulled: list[bytes] = []

    def texts() -> Iterator[str]:
        for line in lines:
            pulled.append(line)
            # What is no text must not keep others from being read; `undecoded` finds it.
            text = line.decode(encoding, errors="surrogateescape")
            yield text.removeprefix(MARK) if lines.number == 1 else text

    reader = reader_of(texts(), delimiter=delimiter)
    while True:
        first, fault, fields = lines.number + 1, "", list[str]()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = str(not_csv(error))
        raw = b"".join(pulled)
        fault = fault or lines.fault(pulled)
        pulled.clear()
        if fault or not is_blank(fields):
            yield Record(Position(first, lines.number), raw, lines.offset, fields, fault)


def _unpacked(place: Place, source: io.RawIOBase) -> gzip.GzipFile | io.BufferedReader:
    file = cast("io.BufferedReader", io.BufferedReader(source, 1 << 20))
    if fault := wrongly_named(file.peek(2), name=place.path):
        raise fault
    return gzip.GzipFile(fileobj=file) if is_packed(place.path) else file


def _skip(content: BinaryIO, size: int) -> None:
    if content.seekable():
        content.seek(size)
        return
    while size and (passed := content.read(min(size, 1 << 20))):
        size -= len(passed)
