"""Values out of an open file of any kind: texts, what JSON holds, or the fields of records."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from jingpai.files.endings import kind_of
from jingpai.files.faults import Fault, unusable
from jingpai.files.json_text import NotJson, is_blank, parse_json
from jingpai.files.opening import STDIN
from jingpai.files.tables import (
    CALL_IT_SO,
    delimiter_of,
    has_column,
    missing_column,
    records,
    rows,
)
from jingpai.files.text import Line, TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.files.endings import Kind

# Text for people may begin with a bracket ("[1] Smith et al."), but hardly like this.
_BEGINS_LIKE_JSON = re.compile(r'\s*(\{|\[\s*["{\]])')

# Lines that are looked at to tell what a text without a name is.
_LOOKED_AT = 1000


class Value(NamedTuple):
    """A value of a file.

    Attributes:
        value: A string, a JSON value, or the fields of a record by their names.
        place: Where it stands, for errors.
        line: Its line, from 1; None where the whole file is one value.
    """

    value: object
    place: str
    line: int | None


def recognised(texts: Sequence[str], *, source: str, column: str) -> Kind:
    """Return what a file holds, by its name; what stdin holds, by how it begins.

    Args:
        texts: Its lines.
        source: Its name, or `-`.
        column: Makes a table of a file with records; without it their lines are texts.
    """
    kind = kind_of(source)
    if kind in ("csv", "tsv"):
        # Any list of texts may be called so; a table says which column is the text.
        first = next(filter(str.strip, texts), "")
        return kind if has_column(first, column, delimiter=delimiter_of(kind)) else "lines"
    if source != STDIN:
        return kind or "lines"
    filled = [text for text in itertools.islice(texts, _LOOKED_AT) if text.strip()]
    if not _BEGINS_LIKE_JSON.match("".join(filled[:3])):
        return "lines"
    return "jsonl" if len(filled) > 1 and _is_json(filled[0]) else "json"


def values(file: TextFile, kind: Kind, *, column: str) -> Iterator[Value]:
    """Yield the values of a file; of one that is JSON as a whole, that one.

    Args:
        file: Open.
        kind: What it holds.
        column: That a table must have.

    Raises:
        InvalidInput: It holds something else; the message names the line.
    """
    if kind == "json":
        text = "".join(file.texts)
        if not is_blank(text):
            yield Value(_parsed(text, file.name), file.name, None)
    elif kind == "jsonl":
        for number, text in enumerate(file.texts, start=1):
            if not is_blank(text):
                place = Line(file.name, number).place
                yield Value(_parsed(text, file.name, line=number), place, number)
    elif kind == "lines":
        for line in file.lines():
            yield Value(line.text.rstrip("\r\n"), line.place, line.number)
    else:
        yield from _of_table(file, delimiter=delimiter_of(kind), column=column)


def _of_table(file: TextFile, *, delimiter: str, column: str) -> Iterator[Value]:
    head, names, table = rows(records(file, delimiter=delimiter))
    if head is not None and column not in names:
        raise head.unusable(missing_column(column, names, advice=CALL_IT_SO))
    for line, fields in table:
        # What is empty in a table is what a JSON object leaves out.
        value = {name: field for name, field in fields.items() if field or name == column}
        yield Value(value, line.place, line.number)


def _parsed(text: str, name: str, *, line: int | None = None) -> object:
    """Return a JSON value; `line` is where a text of one line stands."""
    try:
        return parse_json(text)
    except NotJson as fault:
        hint = Fault("{fault}. If it is plain text, add --format lines", {"fault": fault})
        raise unusable(name, hint, line=line or fault.line) from None
    except Fault as fault:
        raise unusable(name, fault, line=line or fault.line) from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
