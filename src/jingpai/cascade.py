"""Two readers: a small model reads every document, a large one rereads the best of them."""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, overload

from jingpai.errors import BackendFailed, InvalidInput
from jingpai.guards import check_whole, shown
from jingpai.reranker import Reranker, check_cut
from jingpai.system.closing import Closing
from jingpai.text.fields import read_list
from jingpai.types import RankedDocument, Ranking

if TYPE_CHECKING:
    from jingpai.types import DocumentLike, Scale

# With a time budget: read first, to see how fast the second model is on these documents.
_FIRST_STEP = 4

# Of the time that is left, for a step that should end within it.
_SHARE_OF_TIME = 0.8


@dataclass(frozen=True, slots=True)
class CascadeScores(Sequence[float]):
    """Scores in input order, and whose they are: those of two models do not compare.

    Attributes:
        scores: One a document.
        models: The name of the model that gave each score.
        scale: What the scores mean.
    """

    scores: tuple[float, ...]
    models: tuple[str, ...]
    scale: Scale

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, position: int) -> float: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[float, ...]: ...
    def __getitem__(self, position: int | slice) -> float | tuple[float, ...]:
        return self.scores[position]


class Cascade(Closing):
    """Ranks with a fast model, and the top of that order once more with a better one.

    Reread documents stand before all others, whatever their scores: the second model has seen
    them, and its scores and the first one's are not on one scale. Each ranked document names the
    model that gave its score.

    Example:
        >>> from jingpai import Cascade, Reranker
        >>> cascade = Cascade(Reranker(), Reranker("BAAI/bge-reranker-v2-m3"), keep=20)
        >>> ranking = cascade.rank("天空为什么是蓝色的?", ["鱼会游泳。", "蓝光散射得最多。"])
        >>> ranking[0].model
        'BAAI/bge-reranker-v2-m3'
    """

    def __init__(
        self,
        first: Reranker,
        second: Reranker,
        *,
        keep: int | None = 20,
        budget_s: float | None = None,
    ) -> None:
        """Join two rerankers.

        Args:
            first: Reads every document.
            second: Rereads from the top.
            keep: How many documents are reread; None is all of them, as far as the time reaches.
            budget_s: Seconds that a query may take, the first model's included. The second model
                stops where the next documents would take longer; it may read none. None sets no
                limit.

        Raises:
            InvalidInput: A setting is out of its range, or the two scales differ.
        """
        for name, model in (("first", first), ("second", second)):
            if not isinstance(model, Reranker):
                raise InvalidInput(f"{name}: got {shown(model)}; allowed are jingpai.Reranker()s.")
        check_whole("keep", keep, optional=True)
        if budget_s is not None and (not isinstance(budget_s, Real) or not budget_s > 0):
            raise InvalidInput(
                f"budget_s: got {shown(budget_s)}; allowed are None and seconds above 0."
            )
        if first.scale != second.scale:
            raise InvalidInput(
                f"scale: the first reranker has {first.scale!r}, the second {second.scale!r};"
                " give both the same."
            )
        self.first = first
        self.second = second
        self.keep = keep
        self.budget_s = budget_s

    @property
    def model(self) -> str:
        """Names of both models."""
        return f"{self.first.model}, {self.second.model}"

    @property
    def scale(self) -> Scale:
        """What the scores of either model mean."""
        return self.second.scale

    def rank(
        self,
        query: str,
        documents: Iterable[DocumentLike],
        *,
        top_k: int | None = None,
        threshold: float | None = None,
    ) -> Ranking:
        """Return the documents in order of relevance: the reread ones, then the others.

        Args:
            query: What is asked.
            documents: Strings, mappings with the key `text`, or `Document`s.
            top_k: Keep at most so many.
            threshold: Keep those that the second model gave at least this score; what it has not
                read is left out.

        Raises:
            InvalidInput: An argument is not usable; the message names it and the index.
            BackendFailed: The first model gave no number for a document, or the second one cannot
                be run at all.
        """
        check_cut(top_k, threshold)
        began = time.monotonic()
        given = read_list(documents, name="documents")
        ranking = self.first.rank(query, given)
        reread = self._reread(query, ranking, began=began)
        done = {document.index for document in reread}
        ordered = [*reread, *(document for document in ranking if document.index not in done)]
        if threshold is not None:
            ordered = [document for document in reread if document.score >= threshold]
        return Ranking(query, tuple(ordered[:top_k]), self.scale, self.model)

    def score(self, query: str, documents: Iterable[DocumentLike]) -> CascadeScores:
        """Return the scores in input order, with the name of the model that gave each.

        Errors are those of `rank`.
        """
        ranking = sorted(self.rank(query, documents), key=lambda document: document.index)
        return CascadeScores(
            tuple(document.score for document in ranking),
            tuple(document.model for document in ranking),
            self.scale,
        )

    def close(self) -> None:
        """Give the memory of both models back; a second call does nothing."""
        self.first.close()
        self.second.close()

    def _reread(self, query: str, ranking: Ranking, *, began: float) -> list[RankedDocument]:
        """Return what the second model says of the top, best first."""
        waiting = list(ranking[: self.keep])
        found: list[RankedDocument] = []
        step = len(waiting) if self.budget_s is None else _FIRST_STEP
        while waiting and step > 0 and self._time_left(began) > 0:
            some, waiting = waiting[:step], waiting[step:]
            started = time.monotonic()
            found += self._read(query, some)
            seconds_each = (time.monotonic() - started) / len(some)
            if self.budget_s is not None:
                step = _steps_within(self._time_left(began) * _SHARE_OF_TIME, each=seconds_each)
        return sorted(found, key=lambda document: -document.score)  # equals as the first had them

    def _time_left(self, began: float) -> float:
        if self.budget_s is None or self.budget_s > sys.float_info.max:
            return math.inf
        return self.budget_s - (time.monotonic() - began)

    def _read(self, query: str, some: Sequence[RankedDocument]) -> list[RankedDocument]:
        """Return the second model's view of documents, in the order they came in."""
        texts = [document.document for document in some]
        try:
            ranking = self.second.rank(query, texts)
        except BackendFailed as error:
            if not error.scores:
                raise
            scores = list(zip(some, error.scores, strict=True))
            readable = [one for one, score in scores if score is not None]
            unread = ", ".join(f"documents[{one.index}]" for one, score in scores if score is None)
            # Its own message counts among those that were to be reread.
            reason = error.__cause__ or error
            message = (
                f"{self.second.model} could not read {unread}, which keep the score of"
                f" {self.first.model}: {reason}"
            )
            warnings.warn(message, RuntimeWarning, stacklevel=4)
            return self._read(query, readable) if readable else []
        found = sorted(ranking, key=lambda document: document.index)
        return [
            replace(document, index=one.index) for document, one in zip(found, some, strict=True)
        ]


def _steps_within(seconds: float, *, each: float) -> int:
    return sys.maxsize if each <= 0 else int(min(seconds / each, sys.maxsize))
