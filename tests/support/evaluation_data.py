"""Labelled pairs in a file, for the commands that work on one's own data."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WORDS = "panda bamboo train noon whale sea moon rain ship tea snow bread".split()


def write_pairs(path: Path, *, queries: int, encoding: str = "utf-8") -> Path:
    """Three documents a query: the one that names its words comes last and is relevant."""
    with path.open("w", newline="", encoding=encoding) as file:
        rows = csv.writer(file)
        rows.writerow(["query", "document", "label"])
        for number in range(queries):
            first, second, third = (WORDS[(number + step) % len(WORDS)] for step in (0, 3, 7))
            query = f"where is {first} {number}"
            rows.writerow([query, f"{second} is here", 0])
            rows.writerow([query, f"nothing but {third}", 0])
            rows.writerow([query, f"{first} {number} is here", 1])
    return path
