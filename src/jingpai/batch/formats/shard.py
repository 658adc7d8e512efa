"""A part of an input file whose rows are written as one output file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from jingpai.batch.formats.rows import OpenShard
    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Place


class Stretch(NamedTuple):
    """Rows that stand together in a file.

    Attributes:
        start: Where they begin: a byte of a text file, a row of a Parquet file.
        end: Where they end.
        first: Number of the first line, or row.
        rows: How many they are.
        fingerprint: Of the bytes of a text file, or of the whole Parquet file.
    """

    start: int
    end: int
    first: int
    rows: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Shard:
    """A stretch of a file, and what becomes of it.

    Attributes:
        index: Of the shard in its job.
        path: Of the input file, on its file system.
        name: Of the input file, within the input.
        stretch: Its rows.
    """

    index: int
    path: str
    name: str
    stretch: Stretch

    @classmethod
    def read(cls, value: dict[str, Any]) -> Shard:
        """Return the shard that `as_json` has described."""
        return cls(**{**value, "stretch": Stretch(*value["stretch"])})

    def as_json(self) -> dict[str, Any]:
        """Return what makes it again."""
        return asdict(self)

    @property
    def label(self) -> str:
        """Its number, as wide in names as a large job needs."""
        return f"{self.index:07d}"

    def changed(self) -> InvalidInput:
        """Return the error for a file that is not what it was when the plan was made."""
        return InvalidInput(
            f"{self.path} has changed while the job was running. Bring the file back as it was, or"
            " start anew with another output folder."
        )


class Format(Protocol):
    """A kind of file, as a plan and a worker see it."""

    def settled(self, place: Place, columns: Columns) -> Columns:
        """Return the columns as a file has them, or as they are where it does not say.

        Raises:
            InvalidInput: The file cannot be used, or lacks a column.
            StorageFailed: It cannot be read.
        """

    def cut(self, place: Place, *, rows: int) -> Iterator[Stretch]:
        """Yield the stretches of a file, with at most so many rows; of one without rows, one.

        Raises:
            InvalidInput: The file cannot be used.
            StorageFailed: It cannot be read.
        """

    def open(
        self, place: Place, shard: Shard, *, columns: Columns
    ) -> AbstractContextManager[OpenShard[Any]]:
        """Open a shard.

        Raises:
            InvalidInput: The file is no longer the one that the plan was made from.
            StorageFailed: It cannot be read.
        """
