"""Why does a document rank where it does? jingpai's own endpoint, behind the playground.

Each part is computed only if it is asked for: the relevance, what a first stage would say, and
each sentence's score, as if it were a document. Results stand in the order of the request.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict

from jingpai.explain.sentences import sentences_of
from jingpai.models.known.catalog import BUNDLED_ENCODER_SPEC
from jingpai.server.api.documents import ResultSpan, Usage, scale_of
from jingpai.server.api.request.calls import RequestId, ServiceOf
from jingpai.server.api.request.document_field import Documents
from jingpai.server.api.request.lenient import Flag, Name, Query, allowed
from jingpai.server.problems import Problem
from jingpai.server.requests import RerankRequest, ScoreRequest
from jingpai.server.service import Service
from jingpai.types import Document, RankedDocument, Scale

Part: TypeAlias = Annotated[
    Literal["relevance", "similarity", "bm25", "sentences"],
    allowed("'relevance', 'similarity', 'bm25' and 'sentences'"),
]


class ExplainBody(BaseModel):
    """A query, and documents to be explained. Keys that are not named here are ignored."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="Explain")

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    query: Query
    documents: Documents
    include: Annotated[list[Part] | None, allowed("lists of parts and null")] = None
    """What to compute; all of it without this."""
    raw_scores: Flag = None
    """Whether relevance scores are logits; otherwise they are in [0, 1]."""


class ExplainedSentence(TypedDict):
    """A sentence's place in the document's text, in characters, and its own relevance."""

    start: int
    end: int
    relevance_score: float


class ExplainedResult(TypedDict):
    """What was found out about a document; `index` is its position in the request."""

    index: int
    relevance_score: NotRequired[float]
    span: NotRequired[ResultSpan]
    passages: NotRequired[int]
    truncated: NotRequired[bool]
    similarity: NotRequired[float]
    bm25: NotRequired[float]
    sentences: NotRequired[list[ExplainedSentence]]


class ExplainReply(TypedDict):
    """Results in the order of the request; `embedder` is whose cosines the similarities are."""

    id: str
    model: str
    embedder: str
    scale: Scale
    results: list[ExplainedResult]
    usage: Usage


async def explain(body: ExplainBody, service: ServiceOf, request_id: RequestId) -> ExplainReply:
    """Say why documents rank where they do: first-stage scores, and the scores of sentences."""
    parts = set(body.include or ("relevance", "similarity", "bm25", "sentences"))
    service.read([body.query], body.documents)
    answer = _Answer(body, service)
    if "relevance" in parts:
        await answer.add_relevance()
    if "similarity" in parts:
        found = await service.similarities(body.query, body.documents)
        for result, similarity in zip(answer.results, found, strict=True):
            result["similarity"] = similarity
    if "bm25" in parts:
        found = await service.shared_words(body.query, body.documents)
        for result, bm25 in zip(answer.results, found, strict=True):
            result["bm25"] = bm25
    if "sentences" in parts:
        await answer.add_sentences()
    return ExplainReply(
        id=f"explain-{request_id}",
        model=answer.model,
        embedder=BUNDLED_ENCODER_SPEC.name,
        scale=answer.scale,
        results=answer.results,
        usage=Usage(prompt_tokens=answer.tokens, total_tokens=answer.tokens),
    )


class _Answer:
    """A reply that grows part by part."""

    def __init__(self, body: ExplainBody, service: Service) -> None:
        self._body = body
        self._service = service
        self.model = service.name_of(body.model)
        self.scale = scale_of(raw=body.raw_scores) or service.scale_of(body.model)
        self.results = [ExplainedResult(index=index) for index in range(len(body.documents))]
        self.tokens = 0

    async def add_relevance(self) -> None:
        reply = await self._service.rerank(
            RerankRequest(
                query=self._body.query,
                documents=self._body.documents,
                model=self._body.model,
                scale=self.scale,
            )
        )
        self.tokens += reply.work.tokens
        for found in reply.ranking:
            _add_ranked(self.results[found.index], found)

    async def add_sentences(self) -> None:
        """Score all sentences of all documents in one call."""
        sentences = await asyncio.to_thread(sentences_of, self._body.documents)
        self._check_number(len(sentences.documents))
        scores = await self._score(sentences.documents) if sentences.documents else []
        for result, scored in zip(self.results, sentences.with_scores(scores), strict=True):
            result["sentences"] = [
                ExplainedSentence(
                    start=sentence.span.start,
                    end=sentence.span.end,
                    relevance_score=sentence.score,
                )
                for sentence in scored
            ]

    async def _score(self, sentences: Sequence[Document]) -> list[float]:
        reply = await self._service.score(
            ScoreRequest(
                queries=[self._body.query],
                documents=sentences,
                model=self._body.model,
                scale=self.scale,
            )
        )
        self.tokens += reply.work.tokens
        return reply.scores

    def _check_number(self, sentences: int) -> None:
        most = self._service.settings.max_documents
        if sentences > most:
            raise Problem(
                "too_large",
                f"documents: they have {sentences} sentences, each of which is scored like a"
                f" document; at most {most} are allowed in one request. Send fewer documents, or"
                " raise --max-documents.",
                param="documents",
            )


def _add_ranked(result: ExplainedResult, found: RankedDocument) -> None:
    result["relevance_score"] = found.score
    result["span"] = ResultSpan(start=found.span.start, end=found.span.end)
    result["passages"] = found.passages
    result["truncated"] = found.truncated
