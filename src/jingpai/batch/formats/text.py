"""JSON lines and CSV as the formats of a job: how they are cut, read and written."""

from __future__ import annotations

import gzip
import itertools
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, cast

from jingpai.batch.formats.lines import Lines, json_records, open_text
from jingpai.batch.formats.notations import (
    JsonLines,
    Notation,
    Table,
    content_encoding,
    read_object,
)
from jingpai.batch.formats.rows import BadRow, RowScores, Window, WindowSize
from jingpai.batch.formats.shard import Shard, Stretch
from jingpai.errors import InvalidInput
from jingpai.files.endings import is_packed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Place, Sink

# Lines that are searched for an object that tells what the keys are; the first may be bad ones.
_LOOKED_AT = 1000


class OpenText:
    """A shard of a text file."""

    def __init__(
        self, file: BinaryIO, shard: Shard, *, notation: Notation, columns: Columns
    ) -> None:
        self._file = file
        self._shard = shard
        self._notation = notation
        self._columns = columns

    def windows(self) -> Iterator[Window[list[bytes]]]:
        """Yield the rows in windows; see `OpenShard`."""
        stretch, size = self._shard.stretch, WindowSize()
        lines = Lines(
            self._file,
            start=stretch.start,
            end=stretch.end,
            line=stretch.first,
            heading=self._notation.start.heading,
        )
        window: Window[list[bytes]] = Window([], [])
        for record in self._notation.records(lines):
            row = self._notation.row(record, self._columns)
            if isinstance(row, BadRow):
                window.bad.append(row)
                continue
            if not size.takes(row):
                yield window
                window = Window([], [])
            window.rows.append(row)
            window.kept.append(record.raw)
        if lines.digest.hexdigest() != stretch.fingerprint:
            raise self._shard.changed()
        yield window

    def writer(self, sink: Sink) -> TextWriter:
        """Return what writes rows of the same notation."""
        return TextWriter(
            sink,
            notation=self._notation,
            columns=self._columns,
            is_packed=is_packed(self._shard.name),
        )


class TextWriter:
    """Writes rows as text."""

    def __init__(
        self, sink: Sink, *, notation: Notation, columns: Columns, is_packed: bool
    ) -> None:
        # Neither a name nor a time in the head: the same rows make the same bytes.
        packed = gzip.GzipFile("", "wb", fileobj=sink, mtime=0) if is_packed else None
        self._packed = packed
        self._file = cast("BinaryIO", sink if packed is None else packed)
        self._notation = notation
        self._columns = columns
        self._file.write(notation.heading(columns))

    def write(self, kept: list[bytes], scored: Sequence[tuple[int, RowScores]]) -> None:
        """Write rows with their scores."""
        content = bytearray()
        for index, scores in scored:
            values = scores.values(self._columns)
            content += self._notation.extended(kept[index], values, self._columns)
        self._file.write(content)

    def finish(self) -> None:
        """Write the end of a gzip file."""
        if self._packed is not None:
            self._packed.close()


@dataclass(frozen=True, slots=True)
class TextFormat:
    """JSON lines or CSV, as a `Format`.

    Attributes:
        is_table: Whether it is CSV.
        encoding: Of the files; None is UTF-8, or UTF-16 where a byte order mark says so.
    """

    is_table: bool
    encoding: str | None = None

    def settled(self, place: Place, columns: Columns) -> Columns:
        """Return the columns as the first line, or the first object, names them."""
        if not self.is_table:
            names = self._first_keys(place, columns)
            return columns.settled(names, where=place.path) if names else columns
        if columns.documents is not None:
            raise InvalidInput(
                "--documents-column: a field of CSV holds no list; put the documents into Parquet"
                " or JSON lines, or each on a row with its query."
            )
        table = Table.of(place, encoding=self.encoding)
        return replace(columns, document=columns.document or "document").settled(
            table.names, where=place.path
        )

    def cut(self, place: Place, *, rows: int) -> Iterator[Stretch]:
        """Yield the stretches of a file; all of it is read, for its rows have to be counted."""
        notation = self._notation(place)
        heading, start, first = notation.start
        with open_text(place, start=start, encoding=self.encoding) as file:
            lines = Lines(file, start=start, line=first, heading=heading)
            records, count = notation.records(lines), rows
            while count == rows:
                count = sum(1 for _ in itertools.islice(records, rows))
                yield Stretch(start, lines.offset, first, count, lines.take_digest())
                start, first = lines.offset, lines.number + 1

    @contextmanager
    def open(self, place: Place, shard: Shard, *, columns: Columns) -> Generator[OpenText]:
        """Open a shard."""
        notation = self._notation(place)
        with open_text(place, start=shard.stretch.start, encoding=self.encoding) as file:
            yield OpenText(file, shard, notation=notation, columns=columns)

    def _notation(self, place: Place) -> Notation:
        if self.is_table:
            return Table.of(place, encoding=self.encoding)
        return JsonLines(content_encoding(self.encoding))

    def _first_keys(self, place: Place, columns: Columns) -> list[str]:
        """Return the keys of the first object that could be a row; else those of the first.

        None where there is no object at all.
        """
        first: list[str] = []
        encoding = content_encoding(self.encoding)
        with open_text(place, encoding=self.encoding) as file:
            for record in itertools.islice(json_records(Lines(file)), _LOOKED_AT):
                with suppress(ValueError):
                    keys = list(read_object(record.raw, encoding=encoding))
                    first = first or keys
                    if columns.can_be_settled(keys):
                        return keys
        return first
