"""How a row is written in a text file: a line of JSON, or a record of CSV.

A row is written out as it stood, with the new fields at its end. Nothing of it is parsed and
written anew, so its numbers, escapes and quotes stay what they were.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jingpai.batch.formats.lines import (
    Lines,
    Record,
    csv_records,
    json_records,
    open_text,
    without_mark,
)
from jingpai.batch.formats.rows import BadRow, Row, row_of
from jingpai.errors import InvalidInput
from jingpai.files.encodings import MARK, has_ascii, wrong_encoding
from jingpai.files.endings import kind_of
from jingpai.files.faults import Fault, unusable
from jingpai.files.json_text import parse_object
from jingpai.files.tables import delimiter_of, named, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Place


# What `surrogateescape` makes of a byte.
_NO_TEXT = re.compile("[\udc80-\udcff]")


class Start(NamedTuple):
    """Where the rows of a file begin.

    Attributes:
        heading: What stands before them, as it is written.
        offset: Of the first of them, in bytes.
        line: Number of its line.
    """

    heading: bytes = b""
    offset: int = 0
    line: int = 1


class Notation(Protocol):
    """How a row is written."""

    @property
    def start(self) -> Start:
        """Where in the file the rows begin."""

    def records(self, lines: Lines) -> Iterator[Record]:
        """Yield the rows of a stretch, as they are written."""

    def row(self, record: Record, columns: Columns) -> Row | BadRow:
        """Read a row."""

    def heading(self, columns: Columns) -> bytes:
        """Return what an output file begins with."""

    def extended(self, raw: bytes, values: Sequence[object], columns: Columns) -> bytes:
        """Return a row with more fields at its end."""


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One JSON object a line.

    Attributes:
        encoding: Of the content.
        start: The first line.
    """

    encoding: str = "utf-8"
    start: Start = field(default_factory=Start)

    def records(self, lines: Lines) -> Iterator[Record]:
        """Yield the lines that hold something."""
        return json_records(lines)

    def row(self, record: Record, columns: Columns) -> Row | BadRow:
        """Read an object."""
        if record.fault:
            return BadRow(record.position, record.fault)
        try:
            fields = read_object(record.raw, encoding=self.encoding)
        except ValueError as error:
            return BadRow(record.position, str(error))
        for name in columns.added:
            if name in fields:
                return BadRow(record.position, f"there is a key {name!r} already; see --prefix")
        return row_of(record.position, fields, columns)

    def heading(self, columns: Columns) -> bytes:
        """Return nothing."""
        return b""

    def extended(self, raw: bytes, values: Sequence[object], columns: Columns) -> bytes:
        """Return an object with more keys."""
        added = json.dumps(dict(zip(columns.added, values, strict=True)), allow_nan=False)
        # A row that is scored has a query, so its object is not empty.
        head = without_mark(raw).strip().removesuffix(b"}").rstrip()
        return head + f", {added.removeprefix('{')}\n".encode("ascii")


def read_object(raw: bytes, *, encoding: str = "utf-8") -> dict[str, Any]:
    """Read a line that holds a JSON object.

    Raises:
        ValueError: It holds something else; the message says what.
    """
    try:
        return parse_object(raw.decode(encoding).removeprefix(MARK))
    except UnicodeError as error:
        raise wrong_encoding(raw, encoding=encoding, error=error) from None


@dataclass(frozen=True, slots=True)
class Table:
    """CSV or TSV with a line of names.

    Attributes:
        names: Of the columns.
        start: Where the rows begin, after the record that names the columns.
        delimiter: Between fields.
        encoding: Of the content; one of those that have ASCII in them.
    """

    names: Sequence[str]
    start: Start
    delimiter: str
    encoding: str

    @classmethod
    def of(cls, place: Place, *, encoding: str | None) -> Table:
        """Read the first record of a file.

        Raises:
            InvalidInput: It names no columns, or one twice.
            StorageFailed: The file cannot be read.
        """
        delimiter, own = delimiter_of(kind_of(place.name)), content_encoding(encoding)
        with open_text(place, encoding=encoding) as file:
            records = csv_records(Lines(file), delimiter=delimiter, encoding=own)
            head = next(records, None)
        if head is None:
            raise InvalidInput(f"{place.path}: the first line must name the columns: it is empty.")
        if fault := head.fault or undecoded(head, encoding=own):
            raise unusable(place.path, fault, line=head.position.first)
        try:
            names = names_of(head.fields)
        except Fault as doubled:
            raise unusable(place.path, doubled, line=head.position.first) from None
        start = Start(head.raw, head.end, head.position.last + 1)
        return cls(names, start, delimiter, own)

    def records(self, lines: Lines) -> Iterator[Record]:
        """Yield records."""
        return csv_records(lines, delimiter=self.delimiter, encoding=self.encoding)

    def row(self, record: Record, columns: Columns) -> Row | BadRow:
        """Read a record."""
        fault = record.fault or undecoded(record, encoding=self.encoding)
        if fault:
            return BadRow(record.position, fault)
        try:
            return row_of(record.position, named(record.fields, self.names), columns)
        except Fault as wrong:
            return BadRow(record.position, str(wrong))

    def heading(self, columns: Columns) -> bytes:
        """Return the first record with more names."""
        return self.extended(self.start.heading, columns.added, columns)

    def extended(self, raw: bytes, values: Sequence[object], columns: Columns) -> bytes:
        """Return a record with more fields."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerow(values)
        added = f"{self.delimiter}{text.getvalue()}".encode(self.encoding)
        return raw.rstrip(b"\r\n") + added


def undecoded(record: Record, *, encoding: str) -> str:
    """Return what to say of a record that was not in its encoding; nothing where it was."""
    if any(map(_NO_TEXT.search, record.fields)):
        try:
            record.raw.decode(encoding)
        except UnicodeError as error:
            return str(wrong_encoding(record.raw, encoding=encoding, error=error))
    return ""


def content_encoding(encoding: str | None) -> str:
    """Return the encoding of a file's content, as `open_text` hands it out.

    It is UTF-8 where line ends and quotes cannot be found in the file's own bytes.
    """
    return encoding if encoding is not None and has_ascii(encoding) else "utf-8"
