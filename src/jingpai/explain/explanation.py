"""A ranking with its reasons: where each document stood before, and what its sentences score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.explain.sentences import Sentence, sentences_of
from jingpai.first_stage.bm25 import candidate_scores
from jingpai.first_stage.cosine import similarities
from jingpai.first_stage.order import best
from jingpai.text.fields import read_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jingpai.embedder import Embedder
    from jingpai.engine.batch_runner import Progress
    from jingpai.first_stage.choice import FirstStage
    from jingpai.reranker import Reranker
    from jingpai.types import DocumentLike, RankedDocument, Scale


@dataclass(frozen=True, slots=True)
class ExplainedDocument:
    """A document of a ranking, and what there is to say of it.

    Attributes:
        ranked: Its place in the ranking.
        first_stage: Its score by the first stage; scores of two kinds do not compare.
        before: Its place in the first stage's order, from 0.
        sentences: In the order of the text.
    """

    ranked: RankedDocument
    first_stage: float
    before: int
    sentences: tuple[Sentence, ...]

    @property
    def best(self) -> Sentence | None:
        """The sentence with the highest score, the first of equals; None where there is none."""
        return max(self.sentences, key=lambda sentence: sentence.score, default=None)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Documents in order of relevance, best first, each with its reasons.

    Attributes:
        query: As it was handed in.
        documents: Best first.
        scale: What the reranker's scores mean.
        model: The reranker.
        by: The first stage.
    """

    query: str
    documents: tuple[ExplainedDocument, ...]
    scale: Scale
    model: str
    by: FirstStage


def explain(
    reranker: Reranker,
    query: str,
    documents: Iterable[DocumentLike],
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Rank documents, and say what changed and which sentence changed it.

    Args:
        reranker: Gives the order, and the score of each sentence.
        query: What is asked.
        documents: Strings, mappings with the key `text`, or `Document`s.
        embedder: Gives the order before; without one BM25 does.
        progress: Called with (rows done, rows in all), once for the documents and once for their
            sentences.

    Raises:
        InvalidInput: An argument is not usable; the message names it and the index.
        BackendFailed: A model gave no number for a text.
    """
    given: Sequence[DocumentLike] = read_list(documents, name="documents")
    ranking = reranker.rank(query, given, progress=progress)
    if embedder is None:
        first_stage = candidate_scores(query, given)
    else:
        first_stage = similarities(embedder, query, documents=given)
    before = {index: place for place, index in enumerate(best(first_stage).tolist())}
    sentences = sentences_of(ranked.document for ranked in ranking)
    scores = reranker.score(query, sentences.documents, progress=progress)
    explained = tuple(
        ExplainedDocument(ranked, first_stage[ranked.index], before[ranked.index], scored)
        for ranked, scored in zip(ranking, sentences.with_scores(scores), strict=True)
    )
    by: FirstStage = "bm25" if embedder is None else "similarity"
    return Explanation(query, explained, ranking.scale, ranking.model, by)
