"""A model over a test set: the scores of all candidates, and how long each query took."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.evaluation.data.testset import Run, best_first
from jingpai.reranker import Reranker
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.engine.batch_runner import Progress
    from jingpai.evaluation.data.testset import JudgedQuery, TestSet
    from jingpai.evaluation.kept import Kept


@dataclass(frozen=True, slots=True)
class Reranked:
    """What a model makes of a test set.

    Attributes:
        model: Its name.
        device: Where it ran.
        precision: The number format that it ran in.
        fingerprint: What tells it from all others: the content of its files.
        logits: Of each query, the logit of each document that was reranked, by its id.
        seconds: Of the queries none of whose scores was found in a cache.
    """

    model: str
    device: str
    precision: str
    fingerprint: str
    logits: tuple[Run, ...]
    seconds: tuple[float, ...]


def rerank(
    model: str | None,
    test_set: TestSet,
    *,
    settings: ModelSettings = ModelSettings(),
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> Reranked:
    """Load a model, and score the documents of each query.

    A query at a time, as users ask, so that its time is known, and so that with kept scores an
    interruption loses one query and no more.

    Args:
        model: As for `Reranker`; None is the bundled one.
        test_set: What it scores.
        settings: How it is run.
        kept: Where scores are kept; what is there already is not scored again.
        progress: Called with (documents done, documents in all).

    Raises:
        JingpaiError: As `Reranker` says.
    """
    total = sum(len(query.documents) for query in test_set.queries)
    logits: list[Run] = []
    seconds: list[float] = []
    done = 0
    with ExitStack() as stack:
        cache = None if kept is None else stack.enter_context(kept.scores())
        reranker = stack.enter_context(Reranker.of(model, settings, scale="logit", cache=cache))
        for query in test_set.queries:
            scores, took = _score(reranker, query)
            logits.append(scores)
            if took is not None:
                seconds.append(took)
            done += len(query.documents)
            if progress is not None:
                progress(done, total)
        return Reranked(
            reranker.model,
            reranker.device,
            reranker.precision,
            reranker.engine.fingerprint,
            tuple(logits),
            tuple(seconds),
        )


def order_after(before: Run, logits: Run) -> Run:
    """Return the whole order after reranking: what was not reranked stays below, as it was."""
    least = min(logits.values(), default=0.0)
    rest = [name for name in best_first(before) if name not in logits]
    return {**logits, **{name: least - place for place, name in enumerate(rest, start=1)}}


def _score(reranker: Reranker, query: JudgedQuery) -> tuple[Run, float | None]:
    """Return the logits of a query's documents, and the time if all of them are new."""
    computed = 0

    def count(_: int, rows: int) -> None:
        nonlocal computed
        computed = rows

    began = time.perf_counter()
    with query.named():
        ranking = reranker.rank(query.text, query.documents, progress=count)
    took = time.perf_counter() - began
    scores = {str(query.documents[ranked.index].id): ranked.score for ranked in ranking}
    is_new = bool(ranking) and computed == sum(ranked.passages for ranked in ranking)
    return scores, took if is_new else None
