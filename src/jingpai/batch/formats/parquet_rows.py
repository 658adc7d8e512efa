"""The rows of a Parquet file, out of it and into another; what is damaged of it stays behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.batch.formats.rows import (
    WINDOW_PAIRS,
    BadRow,
    Position,
    RowScores,
    Window,
    WindowSize,
    row_of,
)
from jingpai.batch.storage import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    import pyarrow.parquet as pq

    from jingpai.batch.formats.shard import Shard
    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Place, Sink

BUFFER_BYTES = 1 << 20
"""Column chunks are read in pieces of this size, not whole."""

# Rows with a list of documents are large, so fewer of them are unpacked at once.
_LIST_ROWS = 256

# Of Arrow's memory: a row group is written when it has so much, so that readers find few of them.
_ROW_GROUP_BYTES = 1 << 26


class Taken(NamedTuple):
    """Rows of a batch.

    Attributes:
        batch: As it was read.
        indices: Which of its rows they are.
    """

    batch: pa.RecordBatch
    indices: list[int]


class OpenParquet:
    """A shard of a Parquet file."""

    def __init__(
        self, parquet: pq.ParquetFile, shard: Shard, *, place: Place, columns: Columns
    ) -> None:
        self._parquet = parquet
        self._shard = shard
        self._place = place
        self._columns = columns

    def windows(self) -> Iterator[Window[Taken]]:
        """Yield the rows in windows; see `OpenShard`."""
        first = 0
        for group in range(self._parquet.metadata.num_row_groups):
            last = first + self._parquet.metadata.row_group(group).num_rows
            start, end = max(first, self._shard.stretch.start), min(last, self._shard.stretch.end)
            if start < end:
                yield from self._group(group, first=first, start=start, end=end)
            first = last

    def _group(self, group: int, *, first: int, start: int, end: int) -> Iterator[Window[Taken]]:
        """Yield a row group's rows from `start` to `end`; `first` is its first row in the file.

        What cannot be read of it is one bad row, and the other groups are not touched.
        """
        from pyarrow import ArrowException

        size = _LIST_ROWS if self._columns.is_list else WINDOW_PAIRS
        batches = self._parquet.iter_batches(size, row_groups=[group])
        here = first
        while here < end:
            try:
                batch = next(batches)
            except (ArrowException, OSError, StopIteration) as error:
                self._check_readable(group)
                reason = f"row group {group} is damaged ({str(error) or 'it ends early'})"
                lost = Position(max(here, start), end - 1)
                rows = lost.last - lost.first + 1
                yield Window([], _nothing(), [BadRow(lost, reason, rows)])
                return
            skipped = max(0, start - here)
            wanted = batch.slice(skipped, min(batch.num_rows, end - here) - skipped)
            if wanted.num_rows:
                yield from self._windows_of(wanted, first=here + skipped)
            here += batch.num_rows

    def _windows_of(self, batch: pa.RecordBatch, *, first: int) -> Iterator[Window[Taken]]:
        names = self._columns.read
        values = [_values(batch.column(name)) for name in names]
        size = WindowSize()
        window: Window[Taken] = Window([], Taken(batch, []))
        for index, fields in enumerate(zip(*values, strict=True)):
            position = Position(first + index, first + index)
            row = row_of(position, dict(zip(names, fields, strict=True)), self._columns)
            if isinstance(row, BadRow):
                window.bad.append(row)
                continue
            if not size.takes(row):
                yield window
                window = Window([], Taken(batch, []))
            window.rows.append(row)
            window.kept.indices.append(index)
        yield window

    def _check_readable(self, group: int) -> None:
        """Tell a damaged file from a disk or a network that fails: then nothing is known of it.

        Raises:
            StorageFailed: The bytes of the row group cannot be read.
        """
        metadata = self._parquet.metadata.row_group(group)
        with told(self._place.path, "read"), self._place.open() as file:
            for column in map(metadata.column, range(metadata.num_columns)):
                start = column.dictionary_page_offset or column.data_page_offset
                file.seek(min(start, column.data_page_offset))
                left = column.total_compressed_size
                while left > 0 and (content := file.read(min(left, BUFFER_BYTES))):
                    left -= len(content)

    def writer(self, sink: Sink) -> ParquetWriter:
        """Return what writes rows with the columns of this file and more."""
        return ParquetWriter(sink, self._parquet.schema_arrow, columns=self._columns)


class ParquetWriter:
    """Writes rows as Parquet."""

    def __init__(self, sink: Sink, schema: pa.Schema, *, columns: Columns) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        score, whole = pa.float64(), pa.int64()
        kinds = [score, whole, whole]
        if columns.is_list:
            kinds = [pa.list_(kind) for kind in (score, pa.int32(), whole, whole)]
        for name, kind in zip(columns.added, kinds, strict=True):
            schema = schema.append(pa.field(name, kind))
        self._columns = columns
        self._schema = schema
        self._kinds = kinds
        self._writer = pq.ParquetWriter(sink, schema)
        self._pending: list[pa.RecordBatch] = []

    def write(self, kept: Taken, scored: Sequence[tuple[int, RowScores]]) -> None:
        """Write rows with their scores."""
        import pyarrow as pa

        if not scored:
            return
        columns = _taken(kept.batch, [kept.indices[index] for index, _ in scored])
        added = zip(*(scores.values(self._columns) for _, scores in scored), strict=True)
        arrays = [pa.array(one, kind) for one, kind in zip(added, self._kinds, strict=True)]
        self._pending.append(pa.RecordBatch.from_arrays([*columns, *arrays], schema=self._schema))
        if sum(batch.nbytes for batch in self._pending) >= _ROW_GROUP_BYTES:
            self._flush()

    def finish(self) -> None:
        """Write what is left, and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._pending:
            table = pa.Table.from_batches(self._pending)
            # In one piece: of some nested types a part cannot be written.
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._pending.clear()


def _taken(batch: pa.RecordBatch, indices: Sequence[int]) -> list[pa.Array]:
    """Return some rows of each column, in ascending order."""
    import pyarrow as pa

    try:
        taken: list[pa.Array] = batch.take(pa.array(indices, pa.int64())).columns
    except pa.ArrowNotImplementedError:
        # Arrow takes no rows out of views, however deep within a type, but it joins stretches. The
        # empty one makes it copy where there is one stretch alone, whose beginning it would keep.
        stretches = [batch.slice(first, count) for first, count in _stretches(indices)]
        stretches.append(batch.slice(0, 0))
        return [
            pa.concat_arrays([stretch.column(number) for stretch in stretches])
            for number in range(batch.num_columns)
        ]
    return taken


def _stretches(indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield beginning and length of the stretches that indices in ascending order make up."""
    start = 0
    for place, index in enumerate(indices):
        if place + 1 == len(indices) or indices[place + 1] != index + 1:
            yield indices[start], place + 1 - start
            start = place + 1


def _nothing() -> Taken:
    import pyarrow as pa

    return Taken(pa.record_batch({}), [])


def _values(column: Any) -> list[object]:  # noqa: ANN401 - an array of any type
    """Return the values of a column; bytes that are no text stay bytes, and so are a bad row."""
    try:
        values: list[object] = column.to_pylist()
    except UnicodeDecodeError:
        return [_value(scalar) for scalar in column]
    return values


def _value(scalar: Any) -> object:  # noqa: ANN401 - of any type
    try:
        value: object = scalar.as_py()
    except UnicodeDecodeError:
        return b""
    return value
