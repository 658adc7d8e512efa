"""Pairs with a logit and a label: what calibrations are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.evaluation.data.testset import TestSet
    from jingpai.evaluation.rerank import Reranked


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Pairs with what the model says of them.

    Attributes:
        logits: One a pair.
        relevant: 0 or 1.
        queries: Which query a pair belongs to.
    """

    logits: NDArray[np.float64]
    relevant: NDArray[np.int64]
    queries: NDArray[np.int64]

    @classmethod
    def of(cls, test_set: TestSet, reranked: Reranked) -> ScoredPairs:
        """Take the pairs of a test set that a model has scored; nobody's judgement is a 0."""
        rows = [
            (logit, int(query.judgements.get(name, 0) > 0), place)
            for place, (query, logits) in enumerate(
                zip(test_set.queries, reranked.logits, strict=True)
            )
            for name, logit in logits.items()
        ]
        logits, relevant, queries = zip(*rows, strict=True) if rows else ((), (), ())
        return cls(np.array(logits, float), np.array(relevant, int), np.array(queries, int))

    def take(self, places: NDArray[np.int64]) -> ScoredPairs:
        """Return some of the pairs, each as often as its place is named."""
        return ScoredPairs(self.logits[places], self.relevant[places], self.queries[places])
