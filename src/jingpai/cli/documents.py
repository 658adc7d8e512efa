"""From the files of a command line to documents: which document a line or a record means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from jingpai.files.faults import Fault, unusable
from jingpai.files.json_text import kind_of_value
from jingpai.files.opening import STDIN, display_name
from jingpai.files.text import TextFile, open_text
from jingpai.files.values import Value, recognised, values
from jingpai.language.speech import say
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Format: TypeAlias = Literal["auto", "lines", "jsonl", "json", "csv", "tsv"]
"""`auto` goes by the ending of a file's name; on stdin, by how the text begins."""


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
    texts: Iterable[str] = file.texts
    if form == "auto":
        texts = list(texts)
        form = recognised(texts, source=source, column="text")
    for found in values(TextFile(file.name, iter(texts)), form, column="text"):
        for value, place in _each(found) if form == "json" else [(found.value, found.place)]:
            yield _document(value, place=place, source=source, line=found.line)


def _each(found: Value) -> Iterator[tuple[object, str]]:
    """Yield the documents of a file with one JSON value, each with its place."""
    value, place = found.value, found.place
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
        yield item, f"{place}[{index}]"


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
