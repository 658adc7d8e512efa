"""What training reads: queries with documents that answer them and documents that do not."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.pairs import as_queries, read_pairs
from jingpai.training.flagembedding import is_flagembedding, read_flagembedding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jingpai.evaluation.data.pairs import Columns
    from jingpai.evaluation.data.testset import JudgedQuery
    from jingpai.types import Document

# Fewer would leave nothing to hold out, and nothing to learn from.
LEAST_QUERIES = 10

# What the ids of documents begin with that are not the user's own choice.
_MINED = "mined-"


@dataclass(frozen=True, slots=True)
class Group:
    """One query with its documents.

    Attributes:
        judged: The query, its documents and their grades.
        teacher: What another model says of some of the documents, by their ids; no scale is
            expected of it but that more is better.
    """

    judged: JudgedQuery
    teacher: Mapping[str, float] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """What is asked."""
        return self.judged.text

    @property
    def grades(self) -> list[int]:
        """Of each document, 0 for one that does not answer."""
        return [
            max(0, self.judged.judgements[str(document.id)]) for document in self.judged.documents
        ]

    @property
    def negatives(self) -> int:
        """How many documents do not answer."""
        return self.grades.count(0)

    @property
    def mined(self) -> int:
        """How many of them were found by us."""
        return sum(str(document.id).startswith(_MINED) for document in self.judged.documents)

    def with_negatives(self, documents: Sequence[Document]) -> Group:
        """Return the group with documents that nobody judged as ones that do not answer."""
        judged = self.judged
        documents = [
            replace(document, id=f"{_MINED}{n}") for n, document in enumerate(documents, start=1)
        ]
        least = min(judged.before.values())
        places = {
            str(document.id): least - place for place, document in enumerate(documents, start=1)
        }
        return replace(
            self,
            judged=replace(
                judged,
                documents=(*judged.documents, *documents),
                before={**judged.before, **places},
                judgements={**judged.judgements, **dict.fromkeys(places, 0)},
            ),
        )


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The groups of a file.

    Attributes:
        name: Of the file.
        groups: Those with a document that answers.
        unanswered: How many queries have none; nothing can be learnt from them.
        pairs: How many pairs the file holds.
    """

    name: str
    groups: tuple[Group, ...]
    unanswered: int
    pairs: int


def read_training_data(
    path: Path, *, columns: Columns, encoding: str | None, least: int = LEAST_QUERIES
) -> TrainingData:
    """Read a file of pairs, as `jingpai eval` does, or FlagEmbedding's JSON lines.

    Args:
        path: Of the file.
        columns: What those of a file of pairs are called.
        encoding: Of the file.
        least: How many queries with an answer there must be.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    if is_flagembedding(path, encoding=encoding):
        groups = [Group(*read) for read in read_flagembedding(path, encoding=encoding)]
    else:
        pairs = read_pairs(path, columns=columns, encoding=encoding)
        groups = [Group(judged) for judged in as_queries(pairs)]
    answered = tuple(group for group in groups if group.judged.has_relevant)
    if len(answered) < least:
        raise InvalidInput(
            f"{path}: {len(answered)} queries with a relevant document (label above 0, or pos); at"
            f" least {least} are needed, and some hundreds to gain much."
        )
    total = sum(len(group.judged.documents) for group in groups)
    return TrainingData(path.name, answered, len(groups) - len(answered), total)


def query_key(query: str) -> str:
    """Return a form that is the same for queries that differ in case, width and space alone."""
    folded = unicodedata.normalize("NFKC", query).casefold()
    return re.sub(r"\s+", " ", folded).strip()
