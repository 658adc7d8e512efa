"""CSV and TSV: one dialect, RFC 4180 read strictly, whose first record names the columns."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from jingpai.files.faults import Fault
from jingpai.files.text import Line, TextFile

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterable, Iterator, Sequence

    from jingpai.files.endings import Kind

LONGEST_FIELD = 1 << 26
"""Characters. The csv module expects no field over 128 KiB; documents may be longer."""


CALL_IT_SO = Fault("The first line must name the columns; call it so there")
"""The advice for a column that has no other name."""


def delimiter_of(kind: Kind | None) -> str:
    """Return what stands between the fields."""
    return "\t" if kind == "tsv" else ","


def reader_of(texts: Iterable[str], *, delimiter: str) -> CsvReader:
    """Return what yields the fields of one record after another."""
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(texts, delimiter=delimiter, strict=True)


def is_blank(fields: Sequence[str]) -> bool:
    """Return whether a record is a blank line."""
    return not fields or (len(fields) == 1 and not fields[0].strip())


def names_of(fields: Sequence[str]) -> list[str]:
    """Return the names of the columns, as the first record has them.

    Raises:
        Fault: One comes twice.
    """
    names = [field.strip() for field in fields]
    for name in filter(None, names):
        if names.count(name) > 1:
            raise Fault(
                "{count} columns are called {name!r}; rename them",
                {"count": names.count(name), "name": name},
            )
    return names


def named(fields: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Return the fields of a record by the names of their columns.

    Raises:
        Fault: They are more or fewer.
    """
    if len(fields) != len(names):
        raise Fault(
            "{fields} fields, but the first line names {columns} columns",
            {"fields": len(fields), "columns": len(names)},
        )
    return dict(zip(names, fields, strict=True))


def has_column(first: str, name: str, *, delimiter: str) -> bool:
    """Return whether a first line names a column."""
    try:
        fields = next(reader_of([first], delimiter=delimiter), [])
    except csv.Error:
        return False
    return name in [field.strip() for field in fields]


def missing_column(name: str, names: Iterable[str], *, advice: Fault) -> Fault:
    """Return what to say of a file that lacks a column.

    Args:
        name: The column.
        names: Those that there are.
        advice: What to do.
    """
    shown = ", ".join(map(repr, names)) or Fault("none")
    return Fault(
        "no column {name!r}; its columns are {names}. {advice}",
        {"name": name, "names": shown, "advice": advice},
    )


def name_with(option: str) -> Fault:
    """Return the advice for a column that an option gives another name."""
    return Fault("Say what it is called with {option}", {"option": option})


def not_csv(error: csv.Error) -> Fault:
    """Return what to say of a record that breaks the rules of quotes."""
    return Fault("not CSV ({reason})", {"reason": error})


def records(file: TextFile, *, delimiter: str) -> Iterator[tuple[Line, list[str]]]:
    """Yield the records of an open file, each with its first line, blank lines left out.

    Raises:
        InvalidInput: One is not CSV.
    """
    reader = reader_of(file.texts, delimiter=delimiter)
    while True:
        line = Line(file.name, reader.line_num + 1)  # a field may hold line ends
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise line.unusable(not_csv(error)) from None
        if not is_blank(fields):
            yield line, fields


def rows(
    found: Iterator[tuple[Line, list[str]]],
) -> tuple[Line | None, list[str], Iterator[tuple[Line, dict[str, str]]]]:
    """Return the line that names the columns, their names, and the records after it by name.

    The line is None where there is none.

    Raises:
        InvalidInput: A column is there twice; or, in reading, a record has too many fields or few.
    """
    line, head = next(found, (None, []))
    try:
        names = names_of(head)
    except Fault as fault:
        raise Line.unusable(line, fault) if line else fault from None
    return line, names, _rows(found, names)


def _rows(
    found: Iterator[tuple[Line, list[str]]], names: Sequence[str]
) -> Iterator[tuple[Line, dict[str, str]]]:
    for line, fields in found:
        yield line, _named(line, fields, names)


def _named(line: Line, fields: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    try:
        return named(fields, names)
    except Fault as fault:
        raise line.unusable(fault) from None
