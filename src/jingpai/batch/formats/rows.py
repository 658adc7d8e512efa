"""What a format reads out of a file: rows to be scored, in windows of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from jingpai.batch.settings import Columns
    from jingpai.batch.storage import Sink
    from jingpai.types import DocumentLike, Span

# One plan of batches is made for a window: pairs enough to find partners of their own length, and
# texts few enough to have many windows' worth of memory.
WINDOW_PAIRS = 4096
WINDOW_CHARACTERS = 1 << 22

Kept = TypeVar("Kept")
"""What a format keeps of a window's rows, to write them out again as they were."""


Kept_contra = TypeVar("Kept_contra", contravariant=True)


class Position(NamedTuple):
    """Where in its file a row stands; rows of Parquet count from 0, lines of text from 1.

    A row of CSV may have several lines, and a damaged part of a file several rows.
    """

    first: int
    last: int


class BadRow(NamedTuple):
    """A row that has no score, and why.

    Attributes:
        position: Where it stands.
        reason: Why.
        rows: How many they are: more than one in a damaged part of a file.
    """

    position: Position
    reason: str
    rows: int = 1


class Row(NamedTuple):
    """A row to be scored."""

    position: Position
    query: str
    documents: Sequence[DocumentLike]


class RowScores(NamedTuple):
    """What the model says of a row, one value a document in the order of the documents.

    Attributes:
        scores: Relevance.
        ranks: 1 is the best of the row.
        spans: The passage that won the score, in characters of the document's text.
    """

    scores: Sequence[float]
    ranks: Sequence[int]
    spans: Sequence[Span]

    def values(self, columns: Columns) -> tuple[object, ...]:
        """Return the values of `Columns.added`."""
        starts, ends = ([span[end] for span in self.spans] for end in (0, 1))
        if columns.is_list:
            return list(self.scores), list(self.ranks), starts, ends
        return self.scores[0], starts[0], ends[0]


@dataclass(frozen=True, slots=True)
class Window(Generic[Kept]):
    """Rows that are scored together.

    Attributes:
        rows: Those that could be read.
        kept: What their format keeps of them.
        bad: Those that could not be read.
    """

    rows: list[Row]
    kept: Kept
    bad: list[BadRow] = field(default_factory=list)


class Writer(Protocol[Kept_contra]):
    """Writes rows out again as they were, with what the model says of them."""

    def write(self, kept: Kept_contra, scored: Sequence[tuple[int, RowScores]]) -> None:
        """Write the rows of a window that have scores, each with its index in the window."""

    def finish(self) -> None:
        """Write what the format wants at the end."""


class OpenShard(Protocol[Kept]):
    """A shard of an input file that is open for reading."""

    def windows(self) -> Iterator[Window[Kept]]:
        """Yield the rows in their order.

        Raises:
            InvalidInput: The file is no longer what the plan was made from.
            StorageFailed: It cannot be read.
        """

    def writer(self, sink: Sink) -> Writer[Kept]:
        """Return what writes the rows of this shard to a new file."""


def row_of(position: Position, fields: Mapping[str, Any], columns: Columns) -> Row | BadRow:
    """Read a row's columns, or say what is wrong with them."""
    try:
        query = _text(fields, columns.query)
        if columns.documents is not None:
            return Row(position, query, _documents(fields, columns.documents))
        name = str(columns.document)
        document = fields.get(name)
        if not isinstance(document, Mapping):
            document = _text(fields, name)
        if columns.title is not None and fields.get(columns.title) is not None:
            document = {"text": document, "title": _text(fields, columns.title)}
        return Row(position, query, [document])
    except ValueError as error:
        return BadRow(position, str(error))


class WindowSize:
    """Counts the rows of a window, and says when the next one begins."""

    def __init__(self) -> None:
        self._pairs = 0
        self._characters = 0

    def takes(self, row: Row) -> bool:
        """Count a row; False where it is the first of the next window.

        A row that is too large for any window is one alone.
        """
        pairs = max(1, len(row.documents))
        # Of other things than texts, mappings above all, the printed form is near enough.
        texts = (
            given if isinstance(given, str) else str(given) for given in (row.query, *row.documents)
        )
        characters = sum(map(len, texts))
        fits = self._pairs + pairs <= WINDOW_PAIRS
        fits = fits and self._characters + characters <= WINDOW_CHARACTERS
        if fits or not self._pairs:
            self._pairs += pairs
            self._characters += characters
            return True
        self._pairs, self._characters = pairs, characters
        return False


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = _value(fields, name)
    if not isinstance(value, str):
        raise ValueError(f"{name!r} must be a string, not {type(value).__name__}")  # noqa: TRY004
    return value


def _documents(fields: Mapping[str, Any], name: str) -> list[DocumentLike]:
    value = _value(fields, name)
    if not isinstance(value, list):
        raise ValueError(f"{name!r} must be a list, not {type(value).__name__}")  # noqa: TRY004
    return value


def _value(fields: Mapping[str, Any], name: str) -> object:
    if name not in fields:
        raise ValueError(f"there is no {name!r}")
    if fields[name] is None:
        raise ValueError(f"{name!r} is null")
    return fields[name]
