"""The dialect of Voyage: `top_k` in the request, `data` in the reply, documents as strings.

Read by voyageai, LangChain, LiteLLM and Dify. Its errors are read by their `detail`.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict

from jingpai.server.api.request.calls import ServiceOf
from jingpai.server.api.request.document_field import Documents, plain_text
from jingpai.server.api.request.lenient import Flag, Name, Query, TopN
from jingpai.server.requests import RerankRequest
from jingpai.types import RankedDocument


class VoyageBody(BaseModel):
    """A query, and documents to put in order. Keys that are not named here are ignored."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="Voyage rerank")

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    query: Query
    documents: Documents
    top_k: TopN = None
    """How many results; all of them without it, and with 0."""
    return_documents: Flag = None
    """Whether results carry their documents."""
    truncation: Flag = None
    """Whether documents may be cut. False is an error where one would be."""


class VoyageResult(TypedDict):
    """A document's place: its position in the request, and its relevance."""

    relevance_score: float
    index: int
    document: NotRequired[str]


class VoyageUsage(TypedDict):
    """Tokens that were read."""

    total_tokens: int


class VoyageReply(TypedDict):
    """Results, best first."""

    object: Literal["list"]
    data: list[VoyageResult]
    model: str
    usage: VoyageUsage


async def rerank(body: VoyageBody, service: ServiceOf) -> VoyageReply:
    """Put documents in order of their relevance to a query."""
    reply = await service.rerank(
        RerankRequest(
            query=body.query,
            documents=body.documents,
            model=body.model,
            top_n=body.top_k,
            refuse_cut=body.truncation is False,
        )
    )
    results = [_result(found, echo=body.return_documents) for found in reply.ranking]
    return VoyageReply(
        object="list",
        data=results,
        model=reply.ranking.model,
        usage=VoyageUsage(total_tokens=reply.work.tokens),
    )


def _result(found: RankedDocument, *, echo: bool | None) -> VoyageResult:
    result = VoyageResult(index=found.index, relevance_score=found.score)
    if echo:
        result["document"] = plain_text(found.document)
    return result
