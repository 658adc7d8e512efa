"""What is in a file, by the ending of its name: the same endings for every command, in any case."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind: TypeAlias = Literal["lines", "jsonl", "json", "csv", "tsv"]
"""A text a line, a JSON value a line, one JSON value, records with commas or tabs."""

KINDS: dict[str, Kind] = {
    ".txt": "lines",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
}

PACKED = ".gz"


def is_packed(name: str) -> bool:
    """Return whether a name says that the file is gzip."""
    return name.lower().endswith(PACKED)


def ending_of(name: str) -> str:
    """Return the ending of a name without `.gz`, in lower case: `.csv` of `A.CSV.gz`."""
    plain = name[: -len(PACKED)] if is_packed(name) else name
    return PurePath(plain).suffix.lower()


def kind_of(name: str) -> Kind | None:
    """Return what a name says; None where it says nothing."""
    return KINDS.get(ending_of(name))


def endings_of(kinds: Iterable[Kind]) -> str:
    """Return the endings of some kinds, in their order, for people."""
    return ", ".join(ending for wanted in kinds for ending, kind in KINDS.items() if kind == wanted)
