"""What users hand in and get back: documents, ranked documents, a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias, overload

Scale: TypeAlias = Literal["sigmoid", "logit", "calibrated"]
"""`sigmoid`: the logistic of the logit, in [0, 1]. `logit`: what the model says, unbounded.
`calibrated`: the share of such pairs that is relevant, as labelled pairs have taught it."""

LongDocuments: TypeAlias = Literal["passages", "truncate"]
"""What happens to a document over the model's limit: scored in passages, or cut at its end."""

LongQueries: TypeAlias = Literal["refuse", "share"] | int
"""What happens to a query that leaves a passage too little room. `refuse`: it is an error where it
leaves none, and never cut. `share`: the longer of the two is cut, and both where both are long. A
number: a query is cut at so many tokens, whatever the passage."""

Precision: TypeAlias = Literal["fp32", "fp16", "bf16", "int8"]
"""The number format that a model runs in."""

PrecisionChoice: TypeAlias = Literal["auto", Precision]
"""What users may ask for: `auto` is int8 on a CPU, fp16 on CUDA and fp32 on MPS."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text to be ranked, with what belongs to it.

    `title` is read by the model in front of every passage of the text. `id` and `metadata` are
    carried along untouched.
    """

    text: str
    id: str | None = None
    title: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


DocumentLike: TypeAlias = str | Mapping[str, Any] | Document
"""A document as users hand it in: a string, a mapping with the key `text`, or a `Document`."""


class Span(NamedTuple):
    """A stretch of the original text, in characters: `text[span.start:span.end]`."""

    start: int
    end: int


class EvidenceSpan(NamedTuple):
    """A sentence of a document, and how likely it belongs to what answers the query.

    Attributes:
        start: Where it begins in the document's text, in characters.
        end: Where it ends: `text[start:end]`.
        score: In [0, 1]. It says which sentences of a document answer, not how relevant the
            document is: for that there is the document's score.
    """

    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """One document of a ranking.

    Attributes:
        index: Position of the document in the list that was handed in.
        score: Relevance on the scale that the ranking names.
        document: The very object that was handed in.
        span: The passage that won the score, in characters of the document's text.
        passages: How many passages of the document were scored.
        truncated: Whether any part of the document was not read by the model.
        model: Name of the model that gave the score; scores of two models do not compare.
    """

    index: int
    score: float
    document: DocumentLike
    span: Span
    passages: int = 1
    truncated: bool = False
    model: str = ""

    @property
    def text(self) -> str:
        """The document's text, whatever form the document has."""
        if isinstance(self.document, str):
            return self.document
        if isinstance(self.document, Document):
            return self.document.text
        return str(self.document["text"])

    @property
    def passage(self) -> str:
        """The stretch of the text that won the score."""
        return self.text[self.span.start : self.span.end]


@dataclass(frozen=True, slots=True)
class Ranking(Sequence[RankedDocument]):
    """Documents in order of relevance, best first; equals keep the order they came in.

    Attributes:
        query: The query as it was handed in.
        documents: The ranked documents, cut to `top_k` and to `threshold` where these were given.
        scale: What the scores mean.
        model: Name of the model that gave them, or of both models of a `Cascade`.
    """

    query: str
    documents: tuple[RankedDocument, ...]
    scale: Scale
    model: str

    def __len__(self) -> int:
        return len(self.documents)

    @overload
    def __getitem__(self, position: int) -> RankedDocument: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[RankedDocument, ...]: ...
    def __getitem__(self, position: int | slice) -> RankedDocument | tuple[RankedDocument, ...]:
        return self.documents[position]
