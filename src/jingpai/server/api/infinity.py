"""The dialect of Infinity, under a prefix: documents come back as strings, `object` is `rerank`.

Read by infinity-client, LangChain and LiteLLM. Its errors are read by their `error.message`.
"""

import time
from typing import Literal

from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict

from jingpai.server.api.documents import Usage, scale_of, usage_of
from jingpai.server.api.request.calls import RequestId, ServiceOf
from jingpai.server.api.request.document_field import Documents, plain_text
from jingpai.server.api.request.lenient import Flag, Name, Query, TopN
from jingpai.server.requests import ModelFacts, RerankRequest
from jingpai.types import RankedDocument


class InfinityBody(BaseModel):
    """A query, and documents to put in order. Keys that are not named here are ignored."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="Infinity rerank")

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    query: Query
    documents: Documents
    return_documents: Flag = None
    """Whether results carry their documents."""
    raw_scores: Flag = None
    """Whether scores are logits; otherwise they are in [0, 1]."""
    top_n: TopN = None
    """How many results; all of them without it, and with 0."""


class InfinityResult(TypedDict):
    """A document's place: its position in the request, and its relevance."""

    relevance_score: float
    index: int
    document: NotRequired[str]


class InfinityReply(TypedDict):
    """Results, best first."""

    object: Literal["rerank"]
    results: list[InfinityResult]
    model: str
    usage: Usage
    id: str
    created: int


async def rerank(body: InfinityBody, service: ServiceOf, request_id: RequestId) -> InfinityReply:
    """Put documents in order of their relevance to a query."""
    reply = await service.rerank(
        RerankRequest(
            query=body.query,
            documents=body.documents,
            model=body.model,
            top_n=body.top_n,
            scale=scale_of(raw=body.raw_scores),
        )
    )
    results = [_result(found, echo=body.return_documents) for found in reply.ranking]
    return InfinityReply(
        object="rerank",
        results=results,
        model=reply.ranking.model,
        usage=usage_of(reply),
        id=f"infinity-{request_id}",
        created=int(time.time()),
    )


def _result(found: RankedDocument, *, echo: bool | None) -> InfinityResult:
    result = InfinityResult(index=found.index, relevance_score=found.score)
    if echo:
        result["document"] = plain_text(found.document)
    return result


class InfinityHealth(TypedDict):
    """The time, in seconds since 1970."""

    unix: float


async def health(service: ServiceOf) -> InfinityHealth:
    """Tell the time, while requests are answered."""
    service.facts(None)  # a problem while there is no model to speak of
    return InfinityHealth(unix=time.time())


class InfinityModel(TypedDict):
    """A model as Infinity lists it; its client wants `stats`, which stand in `/metrics` here."""

    id: str
    stats: dict[str, float]
    object: Literal["model"]
    owned_by: Literal["infinity"]
    created: int
    backend: str
    capabilities: list[str]


class InfinityModels(TypedDict):
    """The loaded models."""

    object: Literal["list"]
    data: list[InfinityModel]


async def models(service: ServiceOf) -> InfinityModels:
    """List the loaded models, the default one first."""
    return InfinityModels(object="list", data=[_model(facts) for facts in service.models])


def _model(facts: ModelFacts) -> InfinityModel:
    return InfinityModel(
        id=facts.name,
        stats={},
        object="model",
        owned_by="infinity",  # its client takes no other
        created=facts.loaded,
        backend=facts.device,
        capabilities=["rerank"],
    )
