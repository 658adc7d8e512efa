"""From the files of a command line to documents: which document a line or a record means."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from jingpai.files.endings import kind_of
from jingpai.files.faults import Fault, unusable
from jingpai.files.json_text import NotJson, is_blank, kind_of_value, parse_json
from jingpai.files.opening import STDIN, display_name
from jingpai.files.tables import CALL_IT_SO, delimiter_of, has_column, missing_column, records, rows
from jingpai.files.text import Line, TextFile, open_text
from jingpai.language.speech import say
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.files.endings import Kind

Format: TypeAlias = Literal["auto", "lines", "jsonl", "json", "csv", "tsv"]
"""`auto` goes by the ending of a file's name; on stdin, by how the text begins."""

# Text for people may begin with a bracket ("[1] Smith et al."), but hardly like this.
_BEGINS_LIKE_JSON = re.compile(r'\s*(\{|\[\s*["{\]])')


@dataclass(frozen=True, slots=True)
class InputDocument:
    """A document and where it was found.

    `id` and `metadata` are any JSON value, carried from the input to the output. `line` counts
    from 1 and is None for an element of a JSON array.
    """

    text: str
    id: Any = None
    title: str | None = None
    metadata: Any = None
    source: str = STDIN
    line: int | None = None

    def for_ranking(self) -> Document:
        """Return the part that the model reads."""
        return Document(self.text, title=self.title)


def read_documents(
    sources: Sequence[str], *, form: Format = "auto", encoding: str | None = None
) -> list[InputDocument]:
    """Return the documents of files, or of stdin where a name is `-`, in order.

    Args:
        sources: Names of files.
        form: How they are written.
        encoding: Their encoding; None is UTF-8, or UTF-16 where a byte order mark says so.

    Raises:
        InvalidInput: A file cannot be read or used, or there is no document in any of them.
    """
    documents: list[InputDocument] = []
    for source in sources:
        with open_text(source, encoding=encoding) as file:
            documents.extend(_documents(file, source, form=form))
    if not documents:
        names = ", ".join(map(display_name, sources))
        raise unusable(names, say("no documents in there; one a line is enough"))
    return documents


def _documents(file: TextFile, source: str, *, form: Format) -> Iterator[InputDocument]:
    kind = cast("Kind", form)
    if form == "auto":
        texts = list(file.texts)
        kind = _recognised(texts, source=source)
        file = TextFile(file.name, iter(texts))
    if kind == "json":
        return _from_json(file, source)
    if kind == "jsonl":
        return _from_jsonl(file, source)
    return _from_lines(file, source) if kind == "lines" else _from_table(file, source, kind=kind)


def _recognised(texts: Sequence[str], *, source: str) -> Kind:
    kind = kind_of(source)
    if kind in ("csv", "tsv"):
        # Any list of texts may be called so; as a table it says which column is the text.
        first = next(filter(str.strip, texts), "")
        return kind if has_column(first, "text", delimiter=delimiter_of(kind)) else "lines"
    if source != STDIN:
        return kind or "lines"
    filled = [text for text in itertools.islice(texts, 1000) if text.strip()]
    if not _BEGINS_LIKE_JSON.match("".join(filled[:3])):
        return "lines"
    return "jsonl" if len(filled) > 1 and _is_json(filled[0]) else "json"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _from_lines(file: TextFile, source: str) -> Iterator[InputDocument]:
    for line in file.lines():
        yield InputDocument(line.text.rstrip("\r\n"), source=source, line=line.number)


def _from_jsonl(file: TextFile, source: str) -> Iterator[InputDocument]:
    for number, text in enumerate(file.texts, start=1):
        if not is_blank(text):
            line = Line(file.name, number)
            value = _parsed(text, file.name, first=number)
            yield _document(value, place=line.place, source=source, line=number)


def _from_table(file: TextFile, source: str, *, kind: Kind) -> Iterator[InputDocument]:
    head, names, table = rows(records(file, delimiter=delimiter_of(kind)))
    if head is not None and "text" not in names:
        raise head.unusable(missing_column("text", names, advice=CALL_IT_SO))
    for line, fields in table:
        # What is empty in a table is what a JSON object leaves out.
        value = {name: field for name, field in fields.items() if field or name == "text"}
        yield _document(value, place=line.place, source=source, line=line.number)


def _from_json(file: TextFile, source: str) -> Iterator[InputDocument]:
    text = "".join(file.texts)
    if is_blank(text):
        return
    value = _parsed(text, file.name)
    place = file.name
    if isinstance(value, dict) and "documents" in value:
        value, place = value["documents"], f"{place}: documents"
    # One object alone may also be the only line of a JSONL text.
    if isinstance(value, dict) and "text" in value:
        value = [value]
    if not isinstance(value, list):
        raise unusable(
            place,
            Fault(
                'an array of documents is needed, or an object {{"documents": [...]}}, not {kind}',
                {"kind": kind_of_value(value)},
            ),
        )
    for index, item in enumerate(value):
        yield _document(item, place=f"{place}[{index}]", source=source)


def _parsed(text: str, name: str, *, first: int | None = None) -> object:
    """Return a JSON value; `first` is the line that a text of one line stands in."""
    try:
        return parse_json(text)
    except NotJson as fault:
        hint = Fault("{fault}. If it is plain text, add --format lines", {"fault": fault})
        raise unusable(name, hint, line=first or fault.line) from None
    except Fault as fault:
        raise unusable(name, fault, line=first or fault.line) from None


def _document(value: object, *, place: str, source: str, line: int | None = None) -> InputDocument:
    if isinstance(value, str):
        return InputDocument(value, source=source, line=line)
    if not isinstance(value, dict):
        raise unusable(
            place,
            Fault(
                'a document is a string or an object with "text", not {kind}',
                {"kind": kind_of_value(value)},
            ),
        )
    if "text" not in value:
        keys = ", ".join(map(repr, value)) or say("nothing")
        raise unusable(place, say('an object without "text"; it has {keys}').format(keys=keys))
    for key in ("text", "title"):
        if not isinstance(value.get(key), str) and (key == "text" or value.get(key) is not None):
            kind = kind_of_value(value[key])
            raise unusable(
                place, Fault('"{key}" must be a string, not {kind}', {"key": key, "kind": kind})
            )
    for key in ("id", "metadata"):
        if not _can_be_written(value.get(key)):
            text = say('"{key}" holds a number that is too large; write it as a string')
            raise unusable(place, text.format(key=key))
    return InputDocument(
        value["text"],
        id=value.get("id"),
        title=value.get("title"),
        metadata=value.get("metadata"),
        source=source,
        line=line,
    )


def _can_be_written(value: object) -> bool:
    """Return whether JSON holds a value: a number such as 1e999 is read as infinite."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True
