"""What a larger teacher thought of mined passages: who answers, and who does not.

`written/judgements.jsonl` holds a grade for some passages of public sources, as they were read
beside their query: 2 answers, 1 is on the same subject, 0 on another. A pair is known by the digest
of its two texts, so a grade finds its pair in whatever groups a new run mines. Used by mine.py.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from recipe.records import read_records

ANSWERS = 2
LISTS = ("passages", "kinds", "cosines")  # what a group holds of each of its passages


def digest(query: str, passage: str) -> str:
    """The name of a pair in the file."""
    return hashlib.sha256(f"{query}\0{passage}".encode()).hexdigest()[:16]


def read_judgements(path: Path) -> dict[str, int]:
    return {record["pair"]: record["grade"] for record in read_records(path)}


def corrected(groups: Iterable[dict], grades: dict[str, int]) -> Iterator[dict]:
    """The groups without answers that do not answer, and without negatives that do.

    A group that has no answer left, or no negative, is left out.
    """
    for group in groups:
        kept = [
            place
            for place, (passage, kind) in enumerate(
                zip(group["passages"], group["kinds"], strict=True)
            )
            if (grade := grades.get(digest(group["query"], passage))) is None
            or (grade == ANSWERS) == (kind == "answer")
        ]
        answers = group["kinds"].count("answer")
        evidence = group.get("evidence", [None] * answers)
        if kept and kept[0] < answers <= kept[-1]:
            yield group | {
                **{name: [group[name][place] for place in kept] for name in LISTS},
                "evidence": [evidence[place] for place in kept if place < answers],
            }
