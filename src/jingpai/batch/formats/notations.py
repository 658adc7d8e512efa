"""How a row is written in a text file: a line of JSON, or a record of CSV.

A row is written out as it stood, with the new fields at its end. Nothing of it is parsed and
written anew, so its numbers, escapes and quotes stay what they were.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

from jingpai.batch.formats.lines import (
    BYTE_ORDER_MARK,
    Lines,
    Record,
    csv_records,
    json_records,
    open_text,
)
from jingpai.batch.formats.rows import BadRow, Row, row_of
from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Place


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


class JsonLines:
    """One JSON object a line."""

    start = Start()

    def records(self, lines: Lines) -> Iterator[Record]:
        """Yield the lines that hold something."""
        return json_records(lines)

    def row(self, record: Record, columns: Columns) -> Row | BadRow:
        """Read an object."""
        if record.fault:
            return BadRow(record.position, record.fault)
        try:
            fields = read_object(record.raw)
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
        head = raw.decode("utf-8").removeprefix(BYTE_ORDER_MARK).strip().removesuffix("}")
        return f"{head.rstrip()}, {added.removeprefix('{')}\n".encode()


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a line that holds a JSON object.

    Raises:
        ValueError: It holds something else; the message says what.
    """
    try:
        text = raw.decode("utf-8").removeprefix(BYTE_ORDER_MARK)
        value = json.loads(text, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte 0x{raw[error.start]:02x})") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error})") from None
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object is expected, not {type(value).__name__}")  # noqa: TRY004
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


@dataclass(frozen=True, slots=True)
class Table:
    """CSV or TSV with a line of names.

    Attributes:
        names: Of the columns.
        start: Where the rows begin, after the record that names the columns.
        delimiter: Between fields.
        encoding: Of the file; one of those that have ASCII in them.
    """

    names: Sequence[str]
    start: Start
    delimiter: str
    encoding: str

    @classmethod
    def of(cls, place: Place, *, encoding: str) -> Table:
        """Read the first record of a file.

        Raises:
            InvalidInput: It names no columns, or one twice.
            StorageFailed: The file cannot be read.
        """
        check_encoding(encoding)
        delimiter = "\t" if place.name.removesuffix(".gz").endswith(".tsv") else ","
        with open_text(place) as file:
            records = csv_records(Lines(file), delimiter=delimiter, encoding=encoding)
            head = next(records, None)
        if head is None or head.fault or (wrong := undecoded(head.fields)):
            fault = "it is empty" if head is None else head.fault or wrong
            raise InvalidInput(f"{place.path}: the first line must name the columns: {fault}.")
        names = [name.strip() for name in head.fields]
        for name in names:
            if names.count(name) > 1:
                raise InvalidInput(f"{place.path}: {names.count(name)} columns are called {name!r}")
        start = Start(head.raw, head.end, head.position.last + 1)
        return cls(names, start, delimiter, encoding)

    def records(self, lines: Lines) -> Iterator[Record]:
        """Yield records."""
        return csv_records(lines, delimiter=self.delimiter, encoding=self.encoding)

    def row(self, record: Record, columns: Columns) -> Row | BadRow:
        """Read a record."""
        fault = record.fault or undecoded(record.fields)
        if not fault and len(record.fields) != len(self.names):
            fault = (
                f"{len(record.fields)} fields, but the first line names {len(self.names)} columns"
            )
        if fault:
            return BadRow(record.position, fault)
        return row_of(record.position, dict(zip(self.names, record.fields, strict=True)), columns)

    def heading(self, columns: Columns) -> bytes:
        """Return the first record with more names."""
        return self.extended(self.start.heading, columns.added, columns)

    def extended(self, raw: bytes, values: Sequence[object], columns: Columns) -> bytes:
        """Return a record with more fields."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator="\n").writerow(values)
        added = f"{self.delimiter}{text.getvalue()}".encode(self.encoding)
        return raw.rstrip(b"\r\n") + added


def undecoded(fields: Sequence[str]) -> str:
    """Return what to say of fields that were not in their encoding; nothing where all were."""
    for field in fields:
        for character in field if not field.isascii() else "":
            # What `surrogateescape` makes of a byte.
            if "\udc80" <= character <= "\udcff":
                return (
                    f"byte 0x{ord(character) - 0xDC00:02x} is not in the encoding; see --encoding"
                )
    return ""


def check_encoding(encoding: str) -> None:
    """Check that line ends and quotes can be found in an encoding without decoding it.

    Raises:
        InvalidInput: They cannot be, or it is not known.
    """
    try:
        name = codecs.lookup(encoding).name
        # These have ASCII in other places than ASCII's.
        is_shifting = name.startswith(("iso2022", "hz", "utf-7"))
        is_usable = not is_shifting and '"\n,\t'.encode(encoding) == b'"\n,\t'
    except (LookupError, UnicodeError):
        is_usable = False
    if not is_usable:
        raise InvalidInput(
            f"--encoding: got {encoding!r}; allowed are utf-8, gb18030, big5, shift_jis, cp1252 and"
            " others that contain ASCII. Turn UTF-16 into UTF-8 first:"
            " iconv -f UTF-16 -t UTF-8 FILE"
        )
