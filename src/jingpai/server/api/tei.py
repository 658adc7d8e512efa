"""The dialect of Hugging Face's text-embeddings-inference: bodies with `texts`, a bare array back.

Read by LlamaIndex, Haystack, Dify, RAGFlow, Milvus, Elasticsearch, LiteLLM and tei-client. What a
request cost stands in headers, as in TEI. `top_n` is not TEI's, but LiteLLM, Elasticsearch and
llama.cpp know it.
"""

from typing import Annotated

from fastapi import Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import NotRequired, TypedDict

from jingpai.server.api.documents import scale_of
from jingpai.server.api.failures import Failures
from jingpai.server.api.request.calls import ServiceOf
from jingpai.server.api.request.document_field import plain_text
from jingpai.server.api.request.lenient import EMPTY, Flag, Name, Query, Text, TopN, allowed
from jingpai.server.problems import Kind, Problem
from jingpai.server.requests import RerankRequest, Work
from jingpai.server.service import Service


def _some(texts: list[str]) -> list[str]:
    if not texts:
        raise PydanticCustomError(EMPTY, "there are none; at least one is needed")
    return texts


class TeiBody(BaseModel):
    """A query, and texts to put in order. Keys that are not named here are ignored."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="TEI rerank")

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    query: Query
    texts: Annotated[
        list[Text],
        allowed("lists of strings"),
        AfterValidator(_some),
        Field(json_schema_extra={"minItems": 1}),
    ]
    raw_scores: Flag = None
    """Whether scores are logits; otherwise they are in [0, 1]."""
    return_text: Flag = None
    """Whether results carry their texts."""
    truncate: Flag = None
    """Whether texts may be cut. False is an error where one would be."""
    top_n: TopN = None
    """How many results; all of them without it, and with 0."""


class TeiFound(TypedDict):
    """A text's place: its position in the request, and its relevance."""

    index: int
    text: NotRequired[str]
    score: float


async def rerank(body: TeiBody, service: ServiceOf, response: Response) -> list[TeiFound]:
    """Put texts in order of their relevance to a query."""
    results, work = await _rerank(body, service)
    response.headers.update(cost_headers(work))
    return results


async def _rerank(body: TeiBody, service: Service) -> tuple[list[TeiFound], Work]:
    reply = await service.rerank(
        RerankRequest(
            query=body.query,
            documents=body.texts,
            model=body.model,
            top_n=body.top_n,
            scale=scale_of(raw=body.raw_scores),
            refuse_cut=body.truncate is False,
        )
    )
    if body.return_text:
        return [
            TeiFound(index=found.index, text=plain_text(found.document), score=found.score)
            for found in reply.ranking
        ], reply.work
    return [TeiFound(index=found.index, score=found.score) for found in reply.ranking], reply.work


def cost_headers(work: Work) -> dict[str, str]:
    """Return what TEI says in headers: sizes, and times in milliseconds."""
    times = {
        "x-compute-time": work.total_s,
        "x-total-time": work.total_s,
        "x-tokenization-time": work.tokenization_s,
        "x-queue-time": work.queue_s,
        "x-inference-time": work.inference_s,
    }
    return {
        "x-compute-characters": str(work.characters),
        "x-compute-tokens": str(work.tokens),
        **{name: str(round(seconds * 1000)) for name, seconds in times.items()},
    }


class VertexBody(BaseModel):
    """Several requests in one, as Vertex AI sends them."""

    model_config = ConfigDict(title="Vertex rerank")

    instances: list[TeiBody]


class VertexReply(TypedDict):
    """One ranking an instance."""

    predictions: list[list[TeiFound]]


async def vertex(body: VertexBody, service: ServiceOf) -> VertexReply:
    """Answer several requests."""
    answers = [await _rerank(instance, service) for instance in body.instances]
    return VertexReply(predictions=[results for results, _ in answers])


class TeiError(TypedDict):
    """Why there is no result."""

    error: str
    error_type: str


_TYPES: dict[Kind, str] = {
    "empty": "Empty",
    "overloaded": "Overloaded",
    "deadline": "Overloaded",
    "unavailable": "Unhealthy",
    "backend": "Backend",
    "internal": "Backend",
}


def _error(problem: Problem, request_id: str) -> TeiError:
    return TeiError(error=problem.message, error_type=_TYPES.get(problem.kind, "Validation"))


FAILURES = Failures(
    schema=TeiError,
    content=_error,
    statuses={"invalid": 422, "too_long": 422, "backend": 424},
)
