"""Labelled pairs in one file: CSV, TSV or JSON lines with a query, a document and a label."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.evaluation.data.scripts import script_of
from jingpai.evaluation.data.testset import MOST_GRADE, JudgedQuery
from jingpai.files.lines import TextFile, open_text, unusable
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from jingpai.errors import InvalidInput

ENDINGS = (".csv", ".tsv", ".jsonl", ".csv.gz", ".tsv.gz", ".jsonl.gz")

# csv expects no field over 128 KiB; documents may be longer.
_LONGEST_FIELD = 2**31 - 1


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


class Pair(NamedTuple):
    """A query, a document and a grade, and the line that they are from."""

    query: str
    document: Document
    grade: int
    language: str
    line: int


class _Row(NamedTuple):
    """The fields of a line, and how its errors are told."""

    number: int
    fields: Mapping[str, Any]
    unusable: Callable[[str], InvalidInput]


def read_pairs(
    path: Path, *, columns: Columns | None = None, encoding: str | None = None
) -> list[Pair]:
    """Return the pairs of a file in their order; one that is repeated counts once.

    Args:
        path: The ending says what it is: .csv, .tsv or .jsonl, each also with .gz.
        columns: What is called otherwise than `query`, `document` and `label`.
        encoding: None is UTF-8, or UTF-16 where a byte order mark says so.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    columns = columns or Columns()
    if not path.name.endswith(ENDINGS):
        raise unusable(path, f"the ending says what a file is: {', '.join(ENDINGS)}")
    known: dict[tuple[str, str], Pair] = {}
    rows = _from_jsonl if ".jsonl" in path.suffixes else _from_table
    with open_text(path, encoding=encoding) as file:
        for row in rows(file, columns):
            pair = _pair(row, columns)
            first = known.setdefault((pair.query, pair.document.text), pair)
            if first.grade != pair.grade:
                raise row.unusable(
                    f"the same pair has label {pair.grade} here and {first.grade} in line"
                    f" {first.line}"
                )
    if not known:
        raise unusable(path, "no pairs in there; a query, a document and a label are expected")
    return list(known.values())


def as_queries(pairs: list[Pair]) -> list[JudgedQuery]:
    """Return the queries of pairs, with their documents in the order of the file.

    Queries are numbered from 1; the id of a document is the line that it is from.
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
            before={str(pair.line): -float(place) for place, pair in enumerate(own)},
            judgements={str(pair.line): pair.grade for pair in own},
        )
        for number, (query, own) in enumerate(by_query.items(), start=1)
    ]


def _from_jsonl(file: TextFile, columns: Columns) -> Iterator[_Row]:
    for line, value in file.objects():
        for name in (columns.query, columns.document, columns.label):
            if name not in value:
                keys = ", ".join(map(repr, value)) or "nothing"
                raise line.unusable(f"no {name!r} in the object; it has {keys}")
        yield _Row(line.number, value, line.unusable)


def _from_table(file: TextFile, columns: Columns) -> Iterator[_Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    dialect = "excel-tab" if ".tsv" in file.path.suffixes else "excel"
    reader = csv.reader(file.texts, dialect, strict=True)
    header: list[str] = []
    after = 0
    try:
        for fields in reader:
            number, after = after + 1, reader.line_num  # a field may hold line ends
            unusable_here = partial(unusable, file.path, line=number)
            if not fields:
                continue
            if not header:
                header = _checked_header(fields, columns, unusable_here)
                continue
            if len(fields) != len(header):
                raise unusable_here(
                    f"{len(fields)} fields, but the first line names {len(header)} columns"
                )
            yield _Row(number, dict(zip(header, fields, strict=True)), unusable_here)
    except csv.Error as error:
        raise unusable(file.path, f"not CSV ({error})", line=reader.line_num) from None


def _checked_header(
    fields: list[str], columns: Columns, unusable_here: Callable[[str], InvalidInput]
) -> list[str]:
    names = [field.strip() for field in fields]
    for option, name in (
        ("query", columns.query),
        ("document", columns.document),
        ("label", columns.label),
    ):
        if name not in names:
            raise unusable_here(
                f"no column {name!r}; the first line must name the columns, and it names"
                f" {', '.join(map(repr, names))}. Say what it is called with --{option}-column"
            )
        if names.count(name) > 1:
            raise unusable_here(f"{names.count(name)} columns are called {name!r}")
    return names


def _pair(row: _Row, columns: Columns) -> Pair:
    query, text, title = (
        _string(row, name) for name in (columns.query, columns.document, columns.title)
    )
    if not query.strip():
        raise row.unusable(f"{columns.query!r} is empty")
    return Pair(
        query=query,
        document=Document(text, id=str(row.number), title=title or None),
        grade=_grade(row, columns.label),
        language=_string(row, columns.language) or script_of(query),
        line=row.number,
    )


def _string(row: _Row, name: str) -> str:
    value = row.fields.get(name)
    if value is not None and not isinstance(value, str):
        raise row.unusable(f"{name!r} must be a string, not {value!r}")
    return value or ""


def _grade(row: _Row, name: str) -> int:
    """Read a whole number, written as one, as 1.0, or as true and false."""
    value = row.fields[name]
    try:
        grade = float({"true": 1, "false": 0}.get(str(value).strip().lower(), value))
    except (TypeError, ValueError, OverflowError):
        grade = math.nan
    if not math.isfinite(grade) or grade != int(grade):
        raise row.unusable(f"{name!r} must be a whole number (0 is not relevant), not {value!r}")
    if grade > MOST_GRADE:
        raise row.unusable(f"{name!r} is {value!r}; {MOST_GRADE} is the largest")
    return int(grade)
