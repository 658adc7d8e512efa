"""The sentences of documents, where they stand in them, and what each of them scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.text.clean import clean
from jingpai.text.fields import read_document
from jingpai.text.sentences import split_sentences
from jingpai.types import Document, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jingpai.types import DocumentLike


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a document's text and its score, as if it were the whole document."""

    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences of several documents.

    Attributes:
        spans: For each document, where its sentences stand in its text.
        documents: All sentences in turn, each as a document of its own, under the title of its
            document: what a reranker is to score.
    """

    spans: tuple[tuple[Span, ...], ...]
    documents: tuple[Document, ...]

    def with_scores(self, scores: Iterable[float]) -> list[tuple[Sentence, ...]]:
        """Return the sentences of each document with their scores, those of `documents`."""
        score_of_next = iter(scores)
        return [
            tuple(Sentence(span, next(score_of_next)) for span in spans) for spans in self.spans
        ]


def sentences_of(documents: Iterable[DocumentLike]) -> Sentences:
    """Return the sentences of documents; markup and noise around them are left out.

    They are those of the cleaned text, which is what a model reads. Takes a while for thousands of
    documents, so an event loop leaves it to a thread.
    """
    spans: list[tuple[Span, ...]] = []
    sentences: list[Document] = []
    for index, document in enumerate(documents):
        fields = read_document(document, index=index)
        of_document = sentence_spans(fields.text)
        spans.append(tuple(of_document))
        sentences += [
            Document(fields.text[start:end], title=fields.title) for start, end in of_document
        ]
    return Sentences(tuple(spans), tuple(sentences))


def sentence_spans(text: str) -> list[Span]:
    """Return where the sentences of a text stand in it, markup and noise around them left out."""
    cleaned = clean(text)
    return [cleaned.original_span(*span) for span in split_sentences(cleaned.text)]
