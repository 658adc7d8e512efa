"""Which text does a user mean by a document or a query?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jingpai.errors import InvalidInput
from jingpai.guards import is_nan
from jingpai.text.lists import items_of, why_no_list
from jingpai.types import Document

# Where the documents of common frameworks keep their text: named in the error only, as a second
# spelling of one thing would have to be known everywhere.
_OTHER_TEXT_KEYS = ("page_content", "content", "passage", "body", "document")

# Control, format, surrogate, spaces: characters that give a model nothing to read.
_UNREADABLE = frozenset(("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"))


@dataclass(frozen=True, slots=True)
class Fields:
    """What the model reads of a document."""

    text: str
    title: str | None = None

    @property
    def whole(self) -> str:
        """The text, under its title where it has one."""
        return under_title(self.text, self.title)


@dataclass(frozen=True, slots=True)
class Candidates:
    """A query and its documents, read and checked: what the engine takes.

    Attributes:
        query: What is asked; holds something to read.
        documents: What the model reads of each document, in input order.
    """

    query: str
    documents: Sequence[Fields]

    def part(self, first: int, last: int) -> Candidates:
        """Return the same query with some of the documents."""
        return Candidates(self.query, self.documents[first:last])

    @property
    def characters(self) -> int:
        """Characters of the query and the documents, titles included."""
        return len(self.query) + sum(
            len(document.text) + len(document.title or "") for document in self.documents
        )


def read_candidates(
    query: object, documents: Iterable[object], *, name: str = "query"
) -> Candidates:
    """Return a query and its documents as the engine takes them.

    Whoever is handed a query and documents calls this once; nothing below reads them again.

    Args:
        query: What is asked.
        documents: In any order.
        name: What the query is called in an error.

    Raises:
        InvalidInput: The query or a document is not usable; the message says which.
    """
    return Candidates(
        read_query(query, name=name),
        [read_document(document, index=index) for index, document in enumerate(documents)],
    )


def read_lists(queries: object, documents: object) -> tuple[list[Any], list[list[Any]]]:
    """Return queries, and a list of documents for each; what they hold is not looked at.

    Raises:
        InvalidInput: One of them is no list, or there are not as many lists as queries.
    """
    query_list = read_list(queries, name="queries")
    outer = read_list(documents, name="documents", dimensions=2)
    lists = [read_list(given, name="documents") for given in outer]
    if len(query_list) != len(lists):
        raise InvalidInput(
            f"documents: {len(lists)} lists for {len(query_list)} queries;"
            " hand in one list of documents for each query."
        )
    return query_list, lists


def read_all(queries: Sequence[object], lists: Sequence[Sequence[object]]) -> list[Candidates]:
    """Return what `read_lists` gave as the engine takes it, each query with its documents.

    Raises:
        InvalidInput: As `read_candidates` says.
    """
    return [
        read_candidates(query, given, name="query" if len(queries) == 1 else f"queries[{place}]")
        for place, (query, given) in enumerate(zip(queries, lists, strict=True))
    ]


def read_document(document: object, *, index: int) -> Fields:
    """Return the text and the title of a document.

    Args:
        document: A string, a mapping with the key `text` (and optionally `title`; other keys are
            ignored), or a `Document`. An empty text is a text.
        index: The document's position in the list, for the error.

    Raises:
        InvalidInput: Anything else.
    """
    name = f"documents[{index}]"
    if isinstance(document, str):
        return Fields(document)
    if isinstance(document, Document):
        return _checked(document.text, document.title, name=name)
    if isinstance(document, Mapping):
        if "text" not in document:
            raise InvalidInput(_missing_text(document, name=name))
        return _checked(document["text"], document.get("title"), name=name)
    raise InvalidInput(
        f"{name} is {_described(document)}; a document is a string, a mapping with the key "
        f"'text', or a jingpai.Document{_document_advice(document)}"
    )


def whole_text(document: object) -> str:
    """Return the text of a document, under its title where it has one: all that a model reads.

    Raises:
        InvalidInput: As `read_document` says.
    """
    return read_document(document, index=0).whole


def under_title(text: str, title: str | None) -> str:
    """Return a text with its title, if any, on a line of its own in front."""
    return f"{title}\n{text}" if title else text


def read_list(value: object, *, name: str, dimensions: int = 1) -> list[Any]:
    """Return the items of a list-like argument; a lone text in its place is a mistake.

    Whoever takes a list calls this, so that the same things are lists everywhere; `why_no_list`
    says which.

    Args:
        value: What was handed in.
        name: What it is called in the error.
        dimensions: How many an array may have: two where its rows are lists themselves.

    Raises:
        InvalidInput: A lone text or document, a table, a set, a file, or nothing that has items.
    """
    item = {"queries": "query", "documents": "document"}.get(name, "pair")
    advice = why_no_list(value, name=name, item=item, dimensions=dimensions)
    if advice is not None:
        raise InvalidInput(f"{name}: got {type(value).__name__}, but a list is needed{advice}")
    return items_of(value)  # type: ignore[arg-type] # it can be walked


def read_query(query: object, *, name: str = "query") -> str:
    """Return the query, checked: a string that holds something to read.

    Args:
        query: What the user handed in.
        name: What it is called in the error.

    Raises:
        InvalidInput: Not a string, or nothing in it but white space and invisible characters.
    """
    if not isinstance(query, str):
        advice = "" if query is None else advice_on(query)
        raise InvalidInput(f"{name} is {_described(query)}; it must be a string{advice}")
    if not _is_readable(query):
        state = "holds only white space or invisible characters" if query else "is empty"
        raise InvalidInput(f"{name} {state}; nothing can be ranked by it: write what is looked for")
    return query


def _is_readable(text: str) -> bool:
    """Tell whether a text holds a character that gives a model something to read."""
    # Most texts begin with one. A long one that does not may have a million characters, but has
    # few different ones.
    return any(map(_is_readable_character, text[:100])) or any(
        map(_is_readable_character, set(text[100:]))
    )


def _is_readable_character(character: str) -> bool:
    return unicodedata.category(character) not in _UNREADABLE


def _checked(text: object, title: object, *, name: str) -> Fields:
    if not isinstance(text, str):
        raise InvalidInput(
            f"{name}: 'text' is {_described(text)}; it must be a string{advice_on(text)}"
        )
    if title is not None and not isinstance(title, str):
        raise InvalidInput(
            f"{name}: 'title' is {_described(title)}; it must be a string or None{advice_on(title)}"
        )
    return Fields(text, title)


def _missing_text(document: Mapping[object, object], *, name: str) -> str:
    keys = sorted(repr(key) for key in document)
    shown = ", ".join(keys[:10]) + (", ..." if len(keys) > 10 else "")
    message = f"{name} is a mapping without the key 'text'; its keys are: {shown or 'none'}"
    for key in _OTHER_TEXT_KEYS:
        if key in document:
            return f"{message}. Hand in {{'text': document[{key!r}]}}"
    return f"{message}. Put what is to be ranked under 'text'"


def _described(value: object) -> str:
    if _is_missing(value):
        return f"a missing value ({value})"
    return "None" if value is None else f"of type {type(value).__qualname__}"


def advice_on(value: object) -> str:
    """Return what is to be done about a value that is no text."""
    if isinstance(value, bytes | bytearray):
        return '; decode it first: .decode("utf-8")'
    if value is None or _is_missing(value):  # str(...) would have "nan" ranked
        return '; drop it, or put a text in its place (in pandas: .dropna() or .fillna(""))'
    if isinstance(value, Iterable):
        return "; hand in one string at a time"
    return "; convert it with str(...)"


def _is_missing(value: object) -> bool:
    """Tell whether a value is what tables put in the place of a text that is not there."""
    # pandas has two more, and numpy's masked arrays one; none of them compares as others do.
    return is_nan(value) or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant")


def _document_advice(document: object) -> str:
    for key in _OTHER_TEXT_KEYS:
        if isinstance(getattr(document, key, None), str):
            return f"; hand in document.{key}"
    return advice_on(document)
