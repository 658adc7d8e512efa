"""The native dialect of DashScope: the request in `input` and `parameters`, the reply in `output`.

Read by dashscope, LightRAG and Dify's Tongyi. Its compatible endpoint, `/reranks`, speaks the
dialect of bodies with `documents`.
"""

from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict

from jingpai.server.api.failures import Failures
from jingpai.server.api.request.calls import RequestId, ServiceOf
from jingpai.server.api.request.document_field import Documents, EchoedDocument, echoed
from jingpai.server.api.request.lenient import Flag, Instruction, Name, Query, TopN
from jingpai.server.problems import Kind, Problem
from jingpai.server.requests import RerankRequest
from jingpai.types import RankedDocument


class DashScopeInput(BaseModel):
    """A query, and documents to put in order."""

    model_config = ConfigDict(title="DashScope input")

    query: Query
    documents: Documents


class DashScopeParameters(BaseModel):
    """What is wanted of the reply."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="DashScope parameters")

    return_documents: Flag = None
    """Whether results carry their documents."""
    top_n: TopN = None
    """How many results; all of them without it, and with 0."""
    instruct: Instruction = None
    """What a model that reads instructions should look for; other models ignore it."""


class DashScopeBody(BaseModel):
    """A rerank request. Keys that are not named here are ignored."""

    model_config = ConfigDict(use_attribute_docstrings=True, title="DashScope rerank")

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    input: DashScopeInput
    parameters: DashScopeParameters | None = None


class DashScopeResult(TypedDict):
    """A document's place: its position in the request, and its relevance."""

    document: NotRequired[EchoedDocument]
    index: int
    relevance_score: float


class DashScopeOutput(TypedDict):
    """Results, best first."""

    results: list[DashScopeResult]


class DashScopeUsage(TypedDict):
    """Tokens that were read."""

    total_tokens: int


class DashScopeReply(TypedDict):
    """A ranking, and what it cost."""

    output: DashScopeOutput
    usage: DashScopeUsage
    request_id: str


async def rerank(body: DashScopeBody, service: ServiceOf, request_id: RequestId) -> DashScopeReply:
    """Put documents in order of their relevance to a query."""
    parameters = body.parameters or DashScopeParameters()
    reply = await service.rerank(
        RerankRequest(
            query=body.input.query,
            documents=body.input.documents,
            model=body.model,
            top_n=parameters.top_n,
            instruction=parameters.instruct,
        )
    )
    results = [_result(found, echo=parameters.return_documents) for found in reply.ranking]
    return DashScopeReply(
        output=DashScopeOutput(results=results),
        usage=DashScopeUsage(total_tokens=reply.work.tokens),
        request_id=request_id,
    )


def _result(found: RankedDocument, *, echo: bool | None) -> DashScopeResult:
    result = DashScopeResult(index=found.index, relevance_score=found.score)
    if echo:
        result["document"] = echoed(found.document)
    return result


class DashScopeError(TypedDict):
    """Why there is no result."""

    code: str
    message: str
    request_id: str


_CODES: dict[Kind, str] = {
    "unauthorized": "InvalidApiKey",
    "not_found": "ModelNotFound",
    "overloaded": "Throttling",
    "body_timeout": "RequestTimeOut",
    "deadline": "RequestTimeOut",
    "unavailable": "ServiceUnavailable",
    "backend": "InternalError",
    "internal": "InternalError",
}


def _error(problem: Problem, request_id: str) -> DashScopeError:
    return DashScopeError(
        code=_CODES.get(problem.kind, "InvalidParameter"),
        message=problem.message,
        request_id=request_id,
    )


FAILURES = Failures(schema=DashScopeError, content=_error)
