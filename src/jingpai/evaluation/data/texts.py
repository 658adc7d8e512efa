"""The texts of a set: corpus and queries, as BEIR's JSON lines or as TSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.scripts import script_of
from jingpai.files.lines import Line, TextFile, open_text, unusable
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from pathlib import Path

_ENDINGS = (".jsonl", ".jsonl.gz", ".tsv", ".tsv.gz")


class Query(NamedTuple):
    """What is asked, and in which language."""

    text: str
    language: str


def find_texts(folder: Path, name: str) -> Path:
    """Return the file with the texts of a name, `corpus` or `queries`, in a folder.

    Raises:
        InvalidInput: There is none.
    """
    for ending in _ENDINGS:
        if (path := folder / f"{name}{ending}").is_file():
            return path
    raise InvalidInput(
        f"{folder}: no {name} in there; {', '.join(name + ending for ending in _ENDINGS)} is"
        " expected (BEIR's JSON lines, or id, tab, text)"
    )


def read_queries(path: Path, *, encoding: str | None = None) -> dict[str, Query]:
    """Return the queries of a file by their ids.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    found = {}
    with open_text(path, encoding=encoding) as file:
        for line, name, value in _entries(file):
            text = _text_of(value, "text", line)
            language = value.get("language") or value.get("lang") or script_of(text)
            found[name] = Query(text, str(language))
    if not found:
        raise unusable(path, "no queries in there")
    return found


def read_corpus(
    path: Path, *, encoding: str | None = None, wanted: Container[str] | None = None
) -> dict[str, Document]:
    """Return the documents of a file by their ids; only the wanted ones are kept in memory.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    found = {}
    with open_text(path, encoding=encoding) as file:
        for line, name, value in _entries(file):
            if wanted is None or name in wanted:
                title = _text_of(value, "title", line) if value.get("title") else None
                found[name] = Document(_text_of(value, "text", line), id=name, title=title)
    return found


def _entries(file: TextFile) -> Iterator[tuple[Line, str, Mapping[str, Any]]]:
    """Yield each line with its id and its fields; no id comes twice."""
    seen: dict[str, int] = {}
    for line, value in _rows(file) if ".tsv" in file.path.suffixes else file.objects():
        name = value.get("_id", value.get("id"))
        if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
            raise line.unusable(f'"_id" must be a string; the object has {", ".join(value)}')
        if (first := seen.setdefault(str(name), line.number)) != line.number:
            raise line.unusable(f"the id {name!r} is that of line {first} already")
        yield line, str(name), value


def _rows(file: TextFile) -> Iterator[tuple[Line, dict[str, Any]]]:
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
