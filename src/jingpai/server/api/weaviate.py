"""The dialect of Weaviate's module reranker-transformers, under a prefix: scores in input order.

Set `RERANKER_INFERENCE_API` to `http://host:port/weaviate`. The module sends no key.
"""

from fastapi import Response
from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

from jingpai.server.api.failures import Failures
from jingpai.server.api.request.calls import ServiceOf
from jingpai.server.api.request.document_field import Documents, plain_text
from jingpai.server.api.request.lenient import Query
from jingpai.server.problems import Problem
from jingpai.server.requests import ScoreRequest


class WeaviateBody(BaseModel):
    """A query, and documents to score. Keys that are not named here are ignored."""

    model_config = ConfigDict(title="Weaviate rerank")

    query: Query
    documents: Documents


class WeaviateScored(TypedDict):
    """A document and its relevance."""

    document: str
    score: float


class WeaviateReply(TypedDict):
    """Scores in the order of the documents."""

    query: str
    scores: list[WeaviateScored]


async def rerank(body: WeaviateBody, service: ServiceOf) -> WeaviateReply:
    """Score documents by their relevance to a query, and leave them in their order."""
    documents = body.documents
    reply = await service.score(ScoreRequest(queries=[body.query], documents=documents))
    return WeaviateReply(
        query=body.query,
        scores=[
            WeaviateScored(document=plain_text(document), score=score)
            for document, score in zip(documents, reply.scores, strict=True)
        ],
    )


async def ready(service: ServiceOf) -> Response:
    """Tell whether requests are answered; Weaviate waits for it when it starts."""
    service.facts(None)  # a problem while there is no model to speak of
    return Response(status_code=204)


class WeaviateMeta(TypedDict):
    """What Weaviate shows of its module."""

    model: str
    source: str
    revision: str | None
    max_tokens: int


async def meta(service: ServiceOf) -> WeaviateMeta:
    """Describe the default model."""
    facts = service.facts(None)
    return WeaviateMeta(
        model=facts.name,
        source=facts.source,
        revision=facts.revision,
        max_tokens=facts.max_tokens,
    )


class WeaviateError(TypedDict):
    """Why there is no result."""

    error: str


def _error(problem: Problem, request_id: str) -> WeaviateError:
    return WeaviateError(error=problem.message)


FAILURES = Failures(schema=WeaviateError, content=_error)
