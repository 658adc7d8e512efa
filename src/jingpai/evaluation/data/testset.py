"""What all readers return: queries, their documents in the order before reranking, judgements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from jingpai.errors import InvalidInput
from jingpai.text.fields import read_query

if TYPE_CHECKING:
    from jingpai.types import Document

Run: TypeAlias = Mapping[str, float]
"""One query's scores by the id of the document."""


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
        place: File and line that the query is from; empty where it is from none.
    """

    id: str
    text: str
    language: str
    documents: tuple[Document, ...]
    before: Run
    judgements: Mapping[str, int]
    place: str = ""

    def __post_init__(self) -> None:
        """Refuse a query that holds nothing to read, before anything is loaded for it."""
        with self.named():
            read_query(self.text)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Say with every error about the query which one it is, and where it stands.

        Raises:
            InvalidInput: Instead of one that does not say so; of the same class.
        """
        try:
            yield
        except InvalidInput as error:
            shown = repr(self.text[:40]) + "…" * (len(self.text) > 40)
            place = f"{self.place}: " if self.place else ""
            raise type(error)(f"{place}query {self.id!r}, {shown}: {error}") from error

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
        absent: How many judged documents the corpus does not have; nothing finds them, so those
            that are relevant count as missed.
    """

    __test__ = False  # pytest would take it for a test

    name: str
    queries: tuple[JudgedQuery, ...]
    first_stage: str
    absent: int = 0


def best_first(run: Run) -> list[str]:
    """Return the ids of a run, best first, as trec_eval orders them.

    It reads scores as float32, and of equal ones takes the greater id first.
    """
    return sorted(run, key=lambda name: (np.float32(run[name]), name), reverse=True)
