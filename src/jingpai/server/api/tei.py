"""The dialect of Hugging Face's text-embeddings-inference: bodies with `texts`, a bare array back.

Read by LlamaIndex, Haystack, Dify, RAGFlow, Milvus, Elasticsearch, LiteLLM and tei-client. What a
request cost stands in headers, as in TEI. `top_n` is not TEI's, but LiteLLM, Elasticsearch and
llama.cpp know it. `/predict` scores pairs as a classifier with one label would. Dify and tei-client
ask `/info` first, which says what the model is and how much it takes.
"""

from typing import Annotated, TypeAlias

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
from jingpai.server.requests import RerankRequest, ScoreRequest, Work
from jingpai.server.service import Service
from jingpai.version import __version__

# The only label of a reranker, which means nothing.
_LABEL = "LABEL_0"
_DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16", "int8": "int8"}


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
    response.headers.update(_cost_headers(work))
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


def _cost_headers(work: Work) -> dict[str, str]:
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


Pair: TypeAlias = tuple[Query, Text]


class PredictBody(BaseModel):
    """Pairs to be scored: `["query", "text"]`, or a list of such."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="TEI predict")

    inputs: Annotated[
        Pair | Annotated[list[Pair], Field(min_length=1)],
        allowed('["query", "text"] and lists of such pairs'),
    ]
    raw_scores: Flag = None
    """Whether scores are logits; otherwise they are in [0, 1]."""
    truncate: Flag = None
    """Whether texts may be cut. False is an error where one would be."""


class Prediction(TypedDict):
    """A score as the only label of a classifier."""

    score: float
    label: str


async def predict(
    body: PredictBody, service: ServiceOf, response: Response
) -> list[Prediction] | list[list[Prediction]]:
    """Score pairs, and leave them in their order."""
    inputs = body.inputs
    pairs = [inputs] if isinstance(inputs, tuple) else inputs
    reply = await service.score(
        ScoreRequest(
            queries=[query for query, _ in pairs],
            documents=[text for _, text in pairs],
            scale=scale_of(raw=body.raw_scores),
            refuse_cut=body.truncate is False,
        )
    )
    response.headers.update(_cost_headers(reply.work))
    predictions = [[Prediction(score=score, label=_LABEL)] for score in reply.scores]
    return predictions[0] if isinstance(inputs, tuple) else predictions


class Reranker(TypedDict):
    """The labels of a reranker: one, and of no meaning."""

    id2label: dict[str, str]
    label2id: dict[str, int]


class ModelType(TypedDict):
    """A key that names the type; clients look at nothing but the key."""

    reranker: Reranker


class Info(TypedDict):
    """The default model and the limits; tei-client needs every key."""

    model_id: str
    model_sha: str | None
    model_dtype: str
    served_model_name: str
    model_type: ModelType
    max_concurrent_requests: int
    max_input_length: int
    max_batch_tokens: int
    max_batch_requests: int | None
    max_client_batch_size: int
    auto_truncate: bool
    tokenization_workers: int
    version: str
    sha: str | None
    docker_label: str | None


async def info(service: ServiceOf) -> Info:
    """Describe the default model and the limits."""
    facts, settings = service.facts(None), service.settings
    return Info(
        model_id=facts.source,
        model_sha=facts.revision,
        model_dtype=_DTYPES.get(facts.precision, facts.precision),
        served_model_name=facts.name,
        model_type={"reranker": {"id2label": {"0": _LABEL}, "label2id": {_LABEL: 0}}},
        max_concurrent_requests=settings.max_requests,
        max_input_length=facts.max_tokens,
        max_batch_tokens=settings.max_queue_tokens,
        max_batch_requests=None,
        max_client_batch_size=settings.max_documents,
        auto_truncate=True,
        tokenization_workers=settings.workers,
        version=__version__,
        sha=None,
        docker_label=None,
    )


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
