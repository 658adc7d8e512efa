"""The dialect of bodies with `documents`: one reply for Cohere, Jina, vLLM and those like them.

Who reads what of the reply:
    id, meta                Cohere (v1 and v2), Xinference, LiteLLM; FastGPT meta.tokens
    model, usage            Jina, vLLM, llama.cpp, Haystack (both required), RAGFlow, LiteLLM
    results[].index, relevance_score      all of them; OpenSearch needs a JSON float
    results[].document      {"text": ...}; Cohere v1, Jina, vLLM, SiliconFlow, Dify, MaxKB (which
                            does not ask for it, so it is there unless it is declined)
    scale, results[].span, passages, truncated    nobody yet: what jingpai knows besides
There is no `object`, which Infinity's client and llama.cpp's would want different, and nothing
is null: clients look into `document`, `usage` and `meta.tokens` as soon as the key is there.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict
from typing_extensions import NotRequired, TypedDict

from jingpai.server.api.request.calls import RequestId, ServiceOf
from jingpai.server.api.request.document_field import Documents, EchoedDocument, echoed
from jingpai.server.api.request.lenient import (
    Flag,
    Instruction,
    Name,
    Number,
    Query,
    Text,
    TopN,
    allowed,
)
from jingpai.server.requests import RerankReply, RerankRequest
from jingpai.types import RankedDocument, Scale

# Cohere's unit of billing: a query with up to so many documents.
_SEARCH_UNIT = 100


class DocumentsBody(BaseModel):
    """A query, and documents to put in order. Keys that are not named here are ignored.

    Long documents are read in passages, so there is nothing to cut: `max_tokens_per_doc`,
    `max_chunks_per_doc`, `overlap_tokens`, `truncate_prompt_tokens` and the like have no effect.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, title="Rerank")

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    query: Query
    rank_fields: Annotated[list[Text] | None, allowed("lists of strings and null")] = None
    """Which fields of documents that are objects are read, in this order."""
    documents: Documents
    top_n: TopN = None
    """How many results; all of them without it, and with 0."""
    return_documents: Flag = None
    """Whether results carry their documents; they do unless this is false."""
    threshold: Number = None
    """Leave out results with a score below."""
    raw_scores: Flag = None
    """Whether scores are logits; otherwise they are in [0, 1], calibrated where the model is."""
    use_activation: Flag = None
    """vLLM's name for the opposite of `raw_scores`."""
    activation: Flag = None
    """The same, in older releases."""
    top_k: TopN = None
    """Voyage's name for `top_n`: without `top_n`, it asks `/v1/rerank` for Voyage's reply."""
    instruction: Instruction = None
    """What a model that reads instructions should look for; other models ignore it. Scores are not
    calibrated then."""
    truncation: Flag = None
    """Voyage's: whether documents may be cut. False is an error where one would be."""
    texts: None = None
    """TEI's name for `documents`: a body with it is read as TEI's."""

    @property
    def scale(self) -> Scale | None:
        """What scores are to mean; None is what they mean with the model."""
        return scale_of(raw=self.raw_scores, activation=(self.use_activation, self.activation))


class ResultSpan(TypedDict):
    """A stretch of a document's text, in characters, the end excluded."""

    start: int
    end: int


class DocumentsResult(TypedDict):
    """A document's place: its position in the request, and its relevance."""

    index: int
    relevance_score: float
    document: NotRequired[EchoedDocument]
    span: ResultSpan
    passages: int
    truncated: bool


class Usage(TypedDict):
    """Tokens that were read."""

    prompt_tokens: int
    total_tokens: int


class ApiVersion(TypedDict):
    """Which of Cohere's interfaces this is."""

    version: str
    is_experimental: bool


class BilledUnits(TypedDict):
    """What Cohere would count."""

    search_units: int
    input_tokens: int
    output_tokens: int


class Tokens(TypedDict):
    """Tokens in, and out: a reranker writes none."""

    input_tokens: int
    output_tokens: int


class Meta(TypedDict):
    """What belongs to the request as a whole."""

    api_version: ApiVersion
    billed_units: BilledUnits
    tokens: Tokens


class DocumentsReply(TypedDict):
    """Results, best first."""

    id: str
    model: str
    scale: Scale
    results: list[DocumentsResult]
    usage: Usage
    meta: Meta


async def rerank(body: DocumentsBody, service: ServiceOf, request_id: RequestId) -> DocumentsReply:
    """Put documents in order of their relevance to a query."""
    reply = await service.rerank(
        RerankRequest(
            query=body.query,
            documents=body.documents,
            model=body.model,
            top_n=body.top_n,
            threshold=body.threshold,
            scale=body.scale,
            instruction=body.instruction,
            refuse_cut=body.truncation is False,
        )
    )
    return DocumentsReply(
        id=f"rerank-{request_id}",
        model=reply.ranking.model,
        scale=reply.ranking.scale,
        results=[_result(found, echo=body.return_documents) for found in reply.ranking],
        usage=usage_of(reply),
        meta=_meta(reply, documents=len(body.documents)),
    )


def scale_of(*, raw: bool | None, activation: tuple[bool | None, ...] = ()) -> Scale | None:
    """Return the scale that a request asks for by the names of TEI and Infinity, or of vLLM.

    None is the model's own, which is in [0, 1].
    """
    return "logit" if raw or any(asked is False for asked in activation) else None


def usage_of(reply: RerankReply) -> Usage:
    """Return what a reply cost, as OpenAI counts."""
    return Usage(prompt_tokens=reply.work.tokens, total_tokens=reply.work.tokens)


def _result(found: RankedDocument, *, echo: bool | None) -> DocumentsResult:
    result = DocumentsResult(
        index=found.index,
        relevance_score=found.score,
        span=ResultSpan(start=found.span.start, end=found.span.end),
        passages=found.passages,
        truncated=found.truncated,
    )
    if echo is not False:
        result["document"] = echoed(found.document)
    return result


def _meta(reply: RerankReply, *, documents: int) -> Meta:
    tokens = Tokens(input_tokens=reply.work.tokens, output_tokens=0)
    units = -(-documents // _SEARCH_UNIT)
    return Meta(
        api_version=ApiVersion(version="2", is_experimental=False),
        billed_units=BilledUnits(search_units=units, **tokens),
        tokens=tokens,
    )
