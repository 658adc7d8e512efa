"""What all readers return: queries, their documents in the order before reranking, judgements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from jingpai.types import Document

Run: TypeAlias = Mapping[str, float]
"""One query's scores by the id of the document."""

MOST_GRADE = 1_000_000
"""trec_eval counts the documents of every grade up to the largest: 8 bytes and a step for each, in
each query. Beyond 2**31 its numbers wrap around."""


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """One query with all that is known of it.

    Attributes:
        id: As the files have it.
        text: What is asked.
        language: As the files have it, else the script that the text is written in.
        documents: What is to be reranked, each with its id, in the order before.
        before: The order before as scores; it may hold more documents than are reranked.
        judgements: Grades by the id of the document; 0 and less is not relevant.
    """

    id: str
    text: str
    language: str
    documents: tuple[Document, ...]
    before: Run
    judgements: Mapping[str, int]

    @property
    def has_relevant(self) -> bool:
        """Whether any document is relevant, found or not."""
        return any(grade > 0 for grade in self.judgements.values())


@dataclass(frozen=True, slots=True)
class TestSet:
    """The queries of a set.

    Attributes:
        name: For people.
        queries: At least one, all of them judged.
        first_stage: What made the order before: a file, a model, BM25, the input.
    """

    __test__ = False  # pytest would take it for a test

    name: str
    queries: tuple[JudgedQuery, ...]
    first_stage: str


def best_first(run: Run) -> list[str]:
    """Return the ids of a run, best first, as trec_eval orders them.

    It reads scores as float32, and of equal ones takes the greater id first.
    """
    with np.errstate(over="ignore"):  # then infinite, and equal to others that are
        return sorted(run, key=lambda name: (np.float32(run[name]), name), reverse=True)
