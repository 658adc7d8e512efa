"""The way back: the logits of rows become scored documents, and these a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from jingpai.scores import scoring
from jingpai.types import RankedDocument, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.scores.calibration import Calibration
    from jingpai.types import DocumentLike, Scale


class ScoredDocuments(NamedTuple):
    """One query's documents in input order, each with the row that speaks for it.

    Attributes:
        query: What was asked.
        documents: As they were handed in.
        encoded: Their rows.
        best: Which of a document's rows is best, by its index among them.
        logits: The logit of that row, float32 [documents]; NaN where the model gave none.
    """

    query: str
    documents: Sequence[DocumentLike]
    encoded: Sequence[EncodedDocument]
    best: list[int]
    logits: NDArray[np.float32]

    @classmethod
    def join(
        cls,
        query: str,
        documents: Sequence[DocumentLike],
        *,
        encoded: Sequence[EncodedDocument],
        logits: NDArray[np.float32],
    ) -> ScoredDocuments:
        """Take the best row of each document.

        Args:
            query: What was asked.
            documents: As they were handed in.
            encoded: Their rows, in the same order.
            logits: One a row, float32 [rows], the rows of a document together.
        """
        best, best_logits = scoring.best_passages(logits, [len(one.rows) for one in encoded])
        return cls(query, documents, encoded, best, best_logits)

    def scores(self, scale: Scale, *, calibration: Calibration | None = None) -> list[float]:
        """Return one score a document in input order; NaN where there is none."""
        return scoring.to_scale(self.logits, scale, calibration=calibration)

    def ranking(
        self,
        scale: Scale,
        *,
        model: str,
        top_k: int | None = None,
        threshold: float | None = None,
        calibration: Calibration | None = None,
    ) -> Ranking:
        """Return the documents in order of relevance, cut to a score and to a number."""
        scores = self.scores(scale, calibration=calibration)
        kept = [
            RankedDocument(
                index=index,
                score=scores[index],
                document=self.documents[index],
                span=self.encoded[index].spans[self.best[index]],
                passages=len(self.encoded[index].rows),
                truncated=self.encoded[index].truncated,
                model=model,
            )
            for index in scoring.order(self.logits)
            if threshold is None or scores[index] >= threshold
        ]
        return Ranking(self.query, tuple(kept[:top_k]), scale, model)
