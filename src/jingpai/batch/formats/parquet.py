"""Parquet: every column is kept with its type, and a plan needs the footers alone."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from jingpai.batch.formats.parquet_rows import BUFFER_BYTES, OpenParquet
from jingpai.batch.formats.shard import Shard, Stretch
from jingpai.batch.storage import told
from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    import pyarrow as pa
    import pyarrow.parquet as pq

    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Place

# At the end of a file: the length of the footer in four bytes, and PAR1.
_TAIL_BYTES = 8


@contextmanager
def _opened(place: Place) -> Generator[tuple[pq.ParquetFile, str]]:
    """Open a file, with its fingerprint: of the footer, the size, and the time of the last change.

    The time, because a value that is replaced by one of the same length leaves no other trace.

    Raises:
        InvalidInput: It is no whole Parquet file.
        StorageFailed: It cannot be read.
    """
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    with ExitStack() as stack:
        file = stack.enter_context(place.open())
        try:
            parquet = pq.ParquetFile(
                file,
                pre_buffer=False,
                buffer_size=BUFFER_BYTES,
                page_checksum_verification=True,
            )
        except (ArrowException, OSError) as error:
            raise InvalidInput(f"{place.path}: not a whole Parquet file ({error}).") from error
        stack.enter_context(parquet)
        with told(place.path, "read"):
            size = file.size()
            tail = file.read_at(_TAIL_BYTES, size - _TAIL_BYTES)
            footer = int.from_bytes(tail[:4], "little") + _TAIL_BYTES
            digest = hashlib.sha256(file.read_at(footer, size - footer))
        digest.update(f"{size} {place.info().mtime_ns}".encode())
        yield parquet, digest.hexdigest()


def _check_type(kind: pa.DataType, name: str, columns: Columns, *, where: str) -> None:
    import pyarrow.types as kinds

    inner, expected = _stored(kind), "text"
    if name == columns.documents:
        expected = "lists of text"
        if not any(is_one(kind) for is_one in _lists()):
            raise InvalidInput(f"{where}: column {name!r} is {kind}; {expected} are expected.")
        inner = _stored(kind.value_type)
    if kinds.is_dictionary(inner):
        inner = inner.value_type
    is_text = kinds.is_string(inner) or kinds.is_large_string(inner) or kinds.is_string_view(inner)
    is_object = kinds.is_struct(inner) and name in (columns.document, columns.documents)
    if not (is_text or is_object or kinds.is_null(inner)):
        raise InvalidInput(f"{where}: column {name!r} is {kind}; {expected} is expected.")


def _stored(kind: pa.DataType) -> pa.DataType:
    """Return what the values of a type are: those of an extension have one of Arrow's own."""
    import pyarrow as pa

    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _lists() -> tuple[Callable[[pa.DataType], bool], ...]:
    """Return what tells the types of lists."""
    import pyarrow.types as kinds

    return (
        kinds.is_list,
        kinds.is_large_list,
        kinds.is_fixed_size_list,
        kinds.is_list_view,
        kinds.is_large_list_view,
    )


class ParquetFormat:
    """Parquet, as a `Format`."""

    def settled(self, place: Place, columns: Columns) -> Columns:
        """Return the columns as the schema has them, with their types checked."""
        with _opened(place) as (parquet, _):
            schema = parquet.schema_arrow
        settled = columns.settled(schema.names, where=place.path)
        for name in settled.read:
            _check_type(schema.field(name).type, name, settled, where=place.path)
        return settled

    def cut(self, place: Place, *, rows: int) -> Iterator[Stretch]:
        """Yield the stretches of a file: whole row groups, or parts of a large one."""
        with _opened(place) as (parquet, fingerprint):
            metadata = parquet.metadata
            sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
        for start, end in cut_groups(sizes, rows=rows):
            yield Stretch(start, end, start, end - start, fingerprint)

    @contextmanager
    def open(self, place: Place, shard: Shard, *, columns: Columns) -> Generator[OpenParquet]:
        """Open a shard."""
        with _opened(place) as (parquet, fingerprint):
            if fingerprint != shard.stretch.fingerprint:
                raise shard.changed()
            yield OpenParquet(parquet, shard, place=place, columns=columns)


def cut_groups(sizes: Sequence[int], *, rows: int) -> Iterator[tuple[int, int]]:
    """Yield first and last row, exclusively, of stretches that end where row groups do.

    A row group with more rows than a stretch may have is cut into equal parts.
    """
    start = end = 0
    for size in sizes:
        if start < end and end + size - start > rows:
            yield start, end
            start = end
        if size > rows:
            parts = -(-size // rows)
            for part in range(parts):
                yield start + size * part // parts, start + size * (part + 1) // parts
            start += size
            end = start
        else:
            end += size
    if start < end or not end:
        yield start, end
