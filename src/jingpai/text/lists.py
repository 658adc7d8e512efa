"""Is a value a list of texts, and if it only can be walked like one, what is to be handed in?

Python walks anything: the names of a table's columns, the lines of a file, the numbers of bytes.
The packages that these come from are told by what their types have, and are never imported.
"""

from __future__ import annotations

import io
import os
from collections.abc import ItemsView, Iterable, KeysView, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from jingpai.types import Document

# Columns that hold texts more often than others, for the advice.
_LIKELY_COLUMNS = ("text", "document", "passage", "content", "body")

_MOST_COLUMNS = 10


def items_of(value: Iterable[object]) -> list[Any]:
    """Return the items of what `why_no_list` has nothing against."""
    # Arrow walks over scalars of its own, which are no strings.
    to_strings: Any = getattr(type(value), "to_pylist", list)
    items: list[Any] = to_strings(value)
    return items


def why_no_list(value: object, *, name: str, item: str, dimensions: int = 1) -> str | None:
    """Return what is to be done about a value that is no list of items; None where it is one.

    Lists are whatever has its items in an order: lists, tuples, generators, arrays, the columns of
    tables (pandas, polars, Arrow), the keys and the values of a dictionary.

    Args:
        value: Anything.
        name: What it is called.
        item: What one of its items is called.
        dimensions: How many an array may have: two where its rows are lists themselves.
    """
    columns = _columns(value)
    if columns is not None:
        return _table_advice(columns, name=name, dimensions=dimensions)
    advice = _unread(value, item=item) or _unordered(value, name=name)
    if advice is not None:
        return advice
    alone = f". For a single one hand in [{item}]."
    if isinstance(value, Mapping) and "text" not in value:
        return f"{alone} For the values of a dictionary hand in {name}.values()."
    found = getattr(value, "ndim", 1)
    if isinstance(value, str | Mapping | Document) or not isinstance(value, Iterable) or not found:
        return alone
    if isinstance(found, int) and found > dimensions:
        return f": it has {found} dimensions. Hand in one column of it, such as {name}[:, 0]."
    return None


def _unread(value: object, *, item: str) -> str | None:
    """Return what is to be done about bytes, paths and files: none of them is text yet."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f'. Decode it first: [bytes({item}).decode("utf-8")].'
    if isinstance(value, os.PathLike):
        return '. Read it first: [path.read_text(encoding="utf-8")].'
    if isinstance(value, io.IOBase) or hasattr(value, "readline"):
        return (
            ": whether a line or the whole of a file is meant is not known. Hand in"
            " file.read().splitlines(), or [file.read()]."
        )
    return None


def _unordered(value: object, *, name: str) -> str | None:
    """Return what is to be done about sets; the keys of a dictionary are one that has an order."""
    if isinstance(value, ItemsView):
        return f". Hand in the values: {name}.values() of the dictionary."
    if isinstance(value, AbstractSet) and not isinstance(value, KeysView | Sequence):
        return (
            ": a set has no order, so no index would name one of its items. Hand in"
            f" sorted({name})."
        )
    return None


def _columns(value: object) -> list[str] | None:
    """Return the names of the columns of a table, whosever it is; None for anything else."""
    kind = type(value)
    # Of the type, as the attributes of a pandas Series may be its labels. Arrow has both, and its
    # `columns` are their content. A dataset of Hugging Face walks over its rows, and has but names.
    if not hasattr(kind, "columns"):
        return None
    names = value.column_names if hasattr(value, "column_names") else value.columns  # type: ignore[attr-defined]
    return [str(name) for name in names] if isinstance(names, Iterable) else None


def _table_advice(columns: list[str], *, name: str, dimensions: int) -> str:
    shown = ", ".join(map(repr, columns[:_MOST_COLUMNS]))
    more = ", …" if len(columns) > _MOST_COLUMNS else ""
    has = f": it is a table with the columns {shown}{more}" if columns else ": it is a table"
    if dimensions > 1:
        return f"{has}. Hand in two of them: list(zip({name}[QUERY], {name}[TEXT]))."
    likely = next((column for column in _LIKELY_COLUMNS if column in columns), None)
    column = "COLUMN" if likely is None else repr(likely)
    return f"{has}. Hand in the one that holds the texts: {name}[{column}]."
