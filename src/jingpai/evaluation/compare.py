"""Where two models disagree most: queries by how differently their documents are ordered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jingpai.evaluation.data.testset import best_first

if TYPE_CHECKING:
    from jingpai.evaluation.data.testset import JudgedQuery, Run, TestSet
    from jingpai.evaluation.rerank import Reranked
    from jingpai.types import Document


@dataclass(frozen=True, slots=True)
class Placed:
    """A document, and where each model puts it, from 1."""

    document: Document
    grade: int
    places: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One query as two models order it.

    Attributes:
        query: What is asked.
        agreement: From 1 for the same order to -1 for the reverse; the top weighs most.
        placed: Documents that one of the models puts first, then those that moved most.
    """

    query: JudgedQuery
    agreement: float
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the same candidates.

    Attributes:
        models: Their names.
        same_first: The share of queries for which both put the same document first.
        agreement: The mean over queries.
        disagreements: Of all queries with two documents or more, the greatest first.
    """

    models: tuple[str, str]
    same_first: float
    agreement: float
    disagreements: tuple[Disagreement, ...]

    def as_json(self, *, most: int) -> dict[str, Any]:
        """Return the comparison as JSON holds it, with so many disagreements."""
        return {
            "models": list(self.models),
            "queries": len(self.disagreements),
            "same_first": round(self.same_first, 6),
            "agreement": round(self.agreement, 6),
            "disagreements": [_as_json(disagreement) for disagreement in self.disagreements[:most]],
        }


def compare(test_set: TestSet, first: Reranked, second: Reranked) -> Comparison | None:
    """Find where two models order the same documents most differently.

    Agreement is Kendall's tau with hyperbolic weights (Vigna 2015): exchanging the first two places
    counts more than exchanging two at the end.

    Args:
        test_set: What both have scored.
        first: What one model makes of it.
        second: What the other does.

    Returns:
        None where no query has two documents that could be exchanged.
    """
    found = [
        _disagreement(query, logits, other)
        for query, logits, other in zip(test_set.queries, first.logits, second.logits, strict=True)
        if len(logits) > 1
    ]
    if not found:
        return None
    same = sum(any(document.places == (1, 1) for document in query.placed) for query in found)
    return Comparison(
        models=(first.model, second.model),
        same_first=same / len(found),
        agreement=sum(each.agreement for each in found) / len(found),
        disagreements=tuple(sorted(found, key=lambda each: each.agreement)),
    )


def _disagreement(query: JudgedQuery, first: Run, second: Run) -> Disagreement:
    from scipy import stats

    names = list(first)
    tau = stats.weightedtau([first[name] for name in names], [second[name] for name in names])
    agreement = float(tau.statistic)
    orders = [best_first(run) for run in (first, second)]
    placed = [
        Placed(
            document,
            query.judgements.get(str(document.id), 0),
            (orders[0].index(str(document.id)) + 1, orders[1].index(str(document.id)) + 1),
        )
        for document in query.documents
    ]
    placed.sort(key=_conspicuous)
    # Not a number where a model scores all documents alike: then nothing says that they disagree.
    return Disagreement(query, 1.0 if math.isnan(agreement) else agreement, tuple(placed))


def _conspicuous(document: Placed) -> tuple[bool, int]:
    """Order what either model puts first before all else, then by how far apart the places are."""
    first, second = document.places
    return min(first, second) > 1, -abs(first - second)


def _as_json(found: Disagreement) -> dict[str, Any]:
    return {
        "id": found.query.id,
        "query": found.query.text,
        "agreement": round(found.agreement, 6),
        "documents": [
            {
                "id": placed.document.id,
                "title": placed.document.title,
                "text": placed.document.text,
                "grade": placed.grade,
                "places": list(placed.places),
            }
            for placed in found.placed
        ],
    }
