"""Labelled pairs in one file: CSV, TSV or JSON lines with a query, a document and a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.evaluation.data.grades import not_whole, read_grade
from jingpai.evaluation.data.scripts import script_of
from jingpai.evaluation.data.testset import JudgedQuery
from jingpai.files.endings import Kind, endings_of, kind_of
from jingpai.files.faults import unusable
from jingpai.files.tables import delimiter_of, missing_column, name_with, records, rows
from jingpai.files.text import Line, TextFile, open_text
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_KINDS: tuple[Kind, ...] = ("csv", "tsv", "jsonl")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns are called, or the keys of JSON lines.

    `title` and `language` are read where a file has them. A label is a grade: a whole number, and
    what is above 0 is relevant.
    """

    query: str = "query"
    document: str = "document"
    label: str = "label"
    title: str = "title"
    language: str = "language"

    @property
    def needed(self) -> dict[str, str]:
        """The columns that a file must have, each with the option that gives it another name."""
        return {
            self.query: "--query-column",
            self.document: "--document-column",
            self.label: "--label-column",
        }


class Pair(NamedTuple):
    """A query, a document and a grade, and the line that they are from."""

    query: str
    document: Document
    grade: int
    language: str
    line: Line


def read_pairs(
    path: Path, *, columns: Columns | None = None, encoding: str | None = None
) -> list[Pair]:
    """Return the pairs of a file in their order; one that is repeated counts once.

    Args:
        path: The ending says what it is: .csv, .tsv, .jsonl or .ndjson, each also with .gz.
        columns: What is called otherwise than `query`, `document` and `label`.
        encoding: None is UTF-8, or UTF-16 where a byte order mark says so.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    columns = columns or Columns()
    kind = kind_of(path.name)
    if kind not in _KINDS:
        endings = endings_of(_KINDS)
        raise unusable(path, f"the ending says what a file is: {endings}, each also with .gz")
    known: dict[tuple[str, str], Pair] = {}
    with open_text(path, encoding=encoding) as file:
        for line, fields in _records(file, kind, columns):
            pair = _pair(line, fields, columns=columns)
            first = known.setdefault((pair.query, pair.document.text), pair)
            if first.grade != pair.grade:
                raise line.unusable(
                    f"the same pair has label {pair.grade} here and {first.grade} in line"
                    f" {first.line.number}; keep one of them"
                )
    if not known:
        raise unusable(path, "no pairs in there; a query, a document and a label are expected")
    return list(known.values())


def as_queries(pairs: list[Pair]) -> list[JudgedQuery]:
    """Return the queries of pairs, with their documents in the order of the file.

    Queries are numbered from 1; the id of a document is the line that it is from.

    Raises:
        InvalidInput: A query holds nothing to read; the message names the line.
    """
    by_query: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_query.setdefault(pair.query, []).append(pair)
    return [
        JudgedQuery(
            id=str(number),
            text=query,
            language=own[0].language,
            documents=tuple(pair.document for pair in own),
            before={str(pair.document.id): -float(place) for place, pair in enumerate(own)},
            judgements={str(pair.document.id): pair.grade for pair in own},
            place=own[0].line.place,
        )
        for number, (query, own) in enumerate(by_query.items(), start=1)
    ]


def _records(
    file: TextFile, kind: Kind | None, columns: Columns
) -> Iterator[tuple[Line, Mapping[str, Any]]]:
    """Yield the records of a file, each with all that a pair must have."""
    if kind == "jsonl":
        for line, value in file.objects():
            for name in columns.needed:
                if name not in value:
                    keys = ", ".join(map(repr, value)) or "nothing"
                    raise line.unusable(f"no {name!r} in the object; it has {keys}")
            yield line, value
        return
    head, names, table = rows(records(file, delimiter=delimiter_of(kind)))
    for name, option in columns.needed.items():
        if head is not None and name not in names:
            raise head.unusable(missing_column(name, names, advice=name_with(option)))
    yield from table


def _pair(line: Line, fields: Mapping[str, Any], *, columns: Columns) -> Pair:
    query, text, title, language = (
        _string(line, fields, name=name)
        for name in (columns.query, columns.document, columns.title, columns.language)
    )
    if not query.strip():
        raise line.unusable(f"{columns.query!r} is empty")
    grade = read_grade(fields[columns.label])
    if grade is None:
        raise line.unusable(not_whole(repr(columns.label), fields[columns.label]))
    return Pair(
        query=query,
        document=Document(text, id=str(line.number), title=title or None),
        grade=grade,
        language=language or script_of(query),
        line=line,
    )


def _string(line: Line, fields: Mapping[str, Any], *, name: str) -> str:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise line.unusable(f"{name!r} must be a string, not {value!r}")
    return value or ""
