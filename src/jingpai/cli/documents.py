"""From the files of a command line to documents."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from jingpai.files.text import STDIN, display_name, read_text, unusable
from jingpai.language.speech import say
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Format: TypeAlias = Literal["auto", "lines", "jsonl", "json"]
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
        text = read_text(source, encoding=encoding)
        parse = _PARSERS[_recognise(text, source=source) if form == "auto" else form]
        documents.extend(parse(text, source))
    if not documents:
        names = ", ".join(map(display_name, sources))
        raise unusable(names, say("no documents in there; one a line is enough"))
    return documents


def _recognise(text: str, *, source: str) -> Format:
    if source.lower().endswith((".jsonl", ".ndjson")):
        return "jsonl"
    if source.lower().endswith(".json"):
        return "json"
    if source != STDIN or not _BEGINS_LIKE_JSON.match(text):
        return "lines"
    first_line, _, rest = text.strip().partition("\n")
    return "jsonl" if rest and _is_json(first_line) else "json"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _from_lines(text: str, source: str) -> Iterator[InputDocument]:
    for number, line in _filled_lines(text):
        yield InputDocument(line, source=source, line=number)


def _from_jsonl(text: str, source: str) -> Iterator[InputDocument]:
    for number, line in _filled_lines(text):
        value = _load(line, source=source, first_line=number)
        place = f"{display_name(source)}:{number}"
        yield _document(value, place=place, source=source, line=number)


def _from_json(text: str, source: str) -> Iterator[InputDocument]:
    if not text.strip():
        return
    value = _load(text, source=source)
    place = display_name(source)
    if isinstance(value, dict) and "documents" in value:
        value, place = value["documents"], f"{place}: documents"
    # One object alone may also be the only line of a JSONL text.
    if isinstance(value, dict) and "text" in value:
        value = [value]
    if not isinstance(value, list):
        wanted = say(
            'an array of documents is needed, or an object {{"documents": [...]}}, not {kind}'
        )
        raise unusable(place, wanted.format(kind=_kind(value)))
    for index, one in enumerate(value):
        yield _document(one, place=f"{place}[{index}]", source=source)


_PARSERS = {"lines": _from_lines, "jsonl": _from_jsonl, "json": _from_json}


def _filled_lines(text: str) -> Iterator[tuple[int, str]]:
    # str.splitlines would also split at U+2028 and U+0085, which JSON strings may hold.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _load(text: str, *, source: str, first_line: int = 1) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        place = f"{display_name(source)}:{line}:{error.colno}"
        hint = say("not JSON ({reason}). If it is plain text, add --format lines")
        raise unusable(place, hint.format(reason=error.msg)) from None
    except (ValueError, RecursionError) as error:
        place = f"{display_name(source)}:{first_line}"
        reason = say("nested too deep") if isinstance(error, RecursionError) else error
        raise unusable(place, say("not JSON ({reason})").format(reason=reason)) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _document(value: object, *, place: str, source: str, line: int | None = None) -> InputDocument:
    if isinstance(value, str):
        return InputDocument(value, source=source, line=line)
    if not isinstance(value, dict):
        wanted = say('a document is a string or an object with "text", not {kind}')
        raise unusable(place, wanted.format(kind=_kind(value)))
    if "text" not in value:
        keys = ", ".join(map(repr, value)) or say("nothing")
        raise unusable(place, say('an object without "text"; it has {keys}').format(keys=keys))
    for key in ("text", "title"):
        if not isinstance(value.get(key), str) and (key == "text" or value.get(key) is not None):
            wanted = say('"{key}" must be a string, not {kind}')
            raise unusable(place, wanted.format(key=key, kind=_kind(value[key])))
    return InputDocument(
        value["text"],
        id=value.get("id"),
        title=value.get("title"),
        metadata=value.get("metadata"),
        source=source,
        line=line,
    )


def _kind(value: object) -> str:
    """Return what JSON calls a value."""
    if isinstance(value, str):
        return say("a string")
    if isinstance(value, dict):
        return say("an object")
    if isinstance(value, list):
        return say("an array")
    return json.dumps(value)
