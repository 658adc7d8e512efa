"""The texts of a set: corpus and queries, as BEIR's JSON lines, as a table or as id, tab, text."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.scripts import script_of
from jingpai.files.endings import KINDS, PACKED, Kind, kind_of
from jingpai.files.faults import unusable
from jingpai.files.tables import (
    CALL_IT_SO,
    delimiter_of,
    has_column,
    missing_column,
    records,
    rows,
)
from jingpai.files.text import Line, TextFile, open_text
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

_KINDS: tuple[Kind, ...] = ("jsonl", "tsv", "csv")


class Query(NamedTuple):
    """What is asked, in which language, and where it stands."""

    text: str
    language: str
    line: Line


class Corpus(NamedTuple):
    """Documents by their ids: those that were wanted, and the ids of all."""

    documents: Mapping[str, Document]
    ids: AbstractSet[str]


def find_texts(folder: Path, name: str) -> Path:
    """Return the file with the texts of a name, `corpus` or `queries`, in a folder.

    Raises:
        InvalidInput: There is none.
    """
    endings = [ending for kind in _KINDS for ending, own in KINDS.items() if own == kind]
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    for ending in endings:
        for packed in ("", PACKED):
            for path in files:
                if path.name.startswith(name) and path.name[len(name) :].lower() == ending + packed:
                    return path
    expected = ", ".join(f"{name}{ending}" for ending in endings)
    raise InvalidInput(
        f"{folder}: no {name} in there; {expected} is expected, each also with {PACKED} (BEIR's"
        " JSON lines, or id, tab, text)"
    )


def read_queries(path: Path, *, encoding: str | None = None) -> dict[str, Query]:
    """Return the queries of a file by their ids.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    found = {}
    with open_text(path, encoding=encoding) as file:
        for line, name, value in _entries(file, kind_of(path.name)):
            text = _text_of(value, "text", line)
            language = value.get("language") or value.get("lang") or script_of(text)
            found[name] = Query(text, str(language), line._replace(text=""))
    if not found:
        raise unusable(path, "no queries in there")
    return found


def read_corpus(
    path: Path, *, encoding: str | None = None, wanted: Container[str] | None = None
) -> Corpus:
    """Return the documents of a file by their ids; only the wanted ones are kept in memory.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    found = {}
    ids = set()
    with open_text(path, encoding=encoding) as file:
        for line, name, value in _entries(file, kind_of(path.name)):
            ids.add(name)
            if wanted is None or name in wanted:
                title = _text_of(value, "title", line) if value.get("title") else None
                found[name] = Document(_text_of(value, "text", line), id=name, title=title)
    return Corpus(found, ids)


def _entries(file: TextFile, kind: Kind | None) -> Iterator[tuple[Line, str, Mapping[str, Any]]]:
    """Yield each line with its id and its fields; no id comes twice."""
    seen: dict[str, int] = {}
    for line, value in file.objects() if kind == "jsonl" else _rows(file, kind):
        name = value.get("_id", value.get("id"))
        if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
            raise line.unusable(f'"_id" must be a string; the object has {", ".join(value)}')
        if (first := seen.setdefault(str(name), line.number)) != line.number:
            raise line.unusable(f"the id {name!r} is that of line {first} already")
        yield line, str(name), value


def _rows(file: TextFile, kind: Kind | None) -> Iterator[tuple[Line, Mapping[str, Any]]]:
    """Yield the rows of a table whose first record names `text`; else ids and texts with tabs."""
    first = next(file.texts, None)
    if first is None:
        return
    file = TextFile(file.name, itertools.chain([first], file.texts))
    delimiter = delimiter_of(kind)
    if kind == "csv" or has_column(first, "text", delimiter=delimiter):
        head, names, table = rows(records(file, delimiter=delimiter))
        if head is not None and not {"_id", "id"} & set(names):
            raise head.unusable(missing_column("_id", names, advice=CALL_IT_SO))
        yield from table
        return
    for line in file.lines():
        name, tab, text = line.text.rstrip("\r\n").partition("\t")
        if not tab:
            raise line.unusable("an id, a tab and a text are expected; there is no tab")
        yield line, {"_id": name, "text": text}


def _text_of(value: Mapping[str, Any], key: str, line: Line) -> str:
    text = value.get(key)
    if not isinstance(text, str):
        raise line.unusable(f'"{key}" must be a string; the object has {", ".join(value)}')
    return text
