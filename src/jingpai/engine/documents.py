"""Rows back to documents: the logits of rows become those of documents, and these a ranking."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from jingpai.scores import scoring
from jingpai.types import RankedDocument, Ranking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.errors import BackendFailed
    from jingpai.scores.calibration import Calibration
    from jingpai.tokens.tokenizer import Row
    from jingpai.types import DocumentLike, Scale


_OfRow = TypeVar("_OfRow")


class DocumentLogits(NamedTuple):
    """What the model says of documents, one value each.

    Attributes:
        best: Which of a document's rows is best, by its index among them.
        logits: The logit of that row, float32 [documents]; NaN where the model gave none.
        errors: Why a document has no logit, by its index: the first reason of its rows.
    """

    best: list[int]
    logits: NDArray[np.float32]
    errors: dict[int, BackendFailed]

    def parts(self, sizes: Sequence[int]) -> Iterator[DocumentLogits]:
        """Yield the documents in parts that stand one behind the other, `sizes` of them."""
        for first, last in itertools.pairwise(itertools.accumulate(sizes, initial=0)):
            errors = {
                index - first: error
                for index, error in self.errors.items()
                if first <= index < last
            }
            yield DocumentLogits(self.best[first:last], self.logits[first:last], errors)


class DocumentRows:
    """The rows of documents one behind the other, as the engine takes them, and the way back."""

    def __init__(self, documents: Sequence[EncodedDocument]) -> None:
        """Lay out the rows of documents; `rows` has them in order."""
        self._sizes = [len(document.rows) for document in documents]
        self.rows: list[Row] = [row for document in documents for row in document.rows]

    def split(self, of_rows: Sequence[_OfRow]) -> list[Sequence[_OfRow]]:
        """Return what there is of each row, in a part for each document."""
        bounds = itertools.pairwise(itertools.accumulate(self._sizes, initial=0))
        return [of_rows[first:last] for first, last in bounds]

    def join(
        self, logits: NDArray[np.float32], errors: Mapping[int, BackendFailed]
    ) -> DocumentLogits:
        """Take the best row of each document.

        Args:
            logits: One a row, float32 [rows].
            errors: Why a row has no logit, by its index.
        """
        best, best_logits = scoring.best_passages(logits, self._sizes)
        reasons: dict[int, BackendFailed] = {}
        if errors:
            owners = [index for index, size in enumerate(self._sizes) for _ in range(size)]
            for row in sorted(errors):
                reasons.setdefault(owners[row], errors[row])
        return DocumentLogits(best, best_logits, reasons)


class ScoredDocuments(NamedTuple):
    """One query's documents in input order: their rows, and what the model says of them."""

    encoded: Sequence[EncodedDocument]
    said: DocumentLogits

    def scores(self, scale: Scale, *, calibration: Calibration | None = None) -> list[float]:
        """Return one score a document in input order; NaN where there is none."""
        return scoring.to_scale(self.said.logits, scale, calibration=calibration)

    def ranking(
        self,
        query: str,
        documents: Sequence[DocumentLike],
        *,
        scale: Scale,
        model: str,
        top_k: int | None = None,
        threshold: float | None = None,
        calibration: Calibration | None = None,
    ) -> Ranking:
        """Return the documents, as they were handed in, in order of relevance.

        Args:
            query: What was asked.
            documents: In input order.
            scale: What scores mean.
            model: Whose scores they are.
            top_k: Keep at most so many.
            threshold: Keep those whose score is at least this.
            calibration: For calibrated scores.
        """
        scores = self.scores(scale, calibration=calibration)
        kept = [
            RankedDocument(
                index=index,
                score=scores[index],
                document=documents[index],
                span=self.encoded[index].spans[self.said.best[index]],
                passages=len(self.encoded[index].rows),
                truncated=self.encoded[index].truncated,
                model=model,
            )
            for index in scoring.order(self.said.logits)
            if threshold is None or scores[index] >= threshold
        ]
        return Ranking(query, tuple(kept[:top_k]), scale, model)


def located(error: BackendFailed, *, where: str) -> BackendFailed:
    """Return an error of a row that says which document it is about."""
    return type(error)(f"{where}: {error}")
