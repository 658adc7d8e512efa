"""A field that a tiny network learns in seconds: answers end in "yes", other documents in "no"."""

from __future__ import annotations

import csv
import json
import random
import string
from typing import TYPE_CHECKING

from jingpai.evaluation.data.pairs import Columns
from jingpai.training.groups import Group, read_training_data

if TYPE_CHECKING:
    from pathlib import Path


def write_field(path: Path, *, queries: int, seed: int = 0, negatives: int = 4) -> Path:
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("query", "document", "label"))
        for number in range(queries):
            query = f"{_words(rng)} {seed} {number}"
            rows = [(query, f"{_words(rng)} yes", 1)]
            rows += [(query, f"{_words(rng)} no", 0) for _ in range(negatives)]
            rng.shuffle(rows)
            table.writerows(rows)
    return path


def write_lines(path: Path, *values: object) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def groups_of(path: Path) -> tuple[Group, ...]:
    return read_training_data(path, columns=Columns(), encoding=None).groups


def _words(rng: random.Random) -> str:
    return " ".join("".join(rng.choices(string.ascii_lowercase, k=4)) for _ in range(3))
