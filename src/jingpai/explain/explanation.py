"""A ranking with its reasons: where each document stood before, and what its sentences score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from jingpai.explain.sentences import sentence_spans
from jingpai.first_stage.shared_words import bm25_scores
from jingpai.text.fields import read_document, read_list
from jingpai.types import Document, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jingpai.embedder import Embedder
    from jingpai.engine.batch_runner import Progress
    from jingpai.reranker import Reranker
    from jingpai.types import DocumentLike, RankedDocument, Scale

FirstStage: TypeAlias = Literal["similarity", "bm25"]
"""What a document is found by: how close its meaning is, or which words it shares."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a document's text and its score, as if it were the whole document."""

    span: Span
    score: float


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
        first_stage = bm25_scores(query, [whole_text(document) for document in given])
    else:
        first_stage = similarities(embedder, query, documents=given)
    before = {index: place for place, index in enumerate(order_of(first_stage))}
    spans = [sentence_spans(ranked.text) for ranked in ranking]
    scores = iter(
        reranker.score(
            query,
            [
                as_document(ranked.document, span)
                for ranked, of_document in zip(ranking, spans, strict=True)
                for span in of_document
            ],
            progress=progress,
        )
    )
    explained = tuple(
        ExplainedDocument(
            ranked,
            first_stage[ranked.index],
            before[ranked.index],
            tuple(Sentence(span, next(scores)) for span in of_document),
        )
        for ranked, of_document in zip(ranking, spans, strict=True)
    )
    by: FirstStage = "bm25" if embedder is None else "similarity"
    return Explanation(query, explained, ranking.scale, ranking.model, by)


def similarities(
    embedder: Embedder, query: str, *, documents: Sequence[DocumentLike]
) -> list[float]:
    """Return the cosine of a query and each document."""
    (vector,) = embedder.embed_queries([query])
    cosines: list[float] = (embedder.embed_passages(documents) @ vector).tolist()
    return cosines


def order_of(scores: Sequence[float]) -> list[int]:
    """Return the indices of scores, best first; equals keep the order they came in."""
    return sorted(range(len(scores)), key=lambda index: -scores[index])


def whole_text(document: DocumentLike) -> str:
    """Return the title and the text of a document."""
    fields = read_document(document, index=0)
    return f"{fields.title}\n{fields.text}" if fields.title else fields.text


def as_document(document: DocumentLike, span: Span) -> Document:
    """Return a stretch of a document as one of its own, under the same title."""
    fields = read_document(document, index=0)
    return Document(fields.text[span.start : span.end], title=fields.title)
