"""The score dialect of vLLM: pairs in, scores out in their order.

The two sides of the pairs have several names in vLLM's releases, and each side may be one text or
a list. The errors are those of `/rerank`.
"""

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from jingpai.server.api.documents import Usage, scale_of
from jingpai.server.api.request.calls import RequestId, ServiceOf
from jingpai.server.api.request.document_field import OptionalDocuments
from jingpai.server.api.request.lenient import Flag, Instruction, Name, Query, allowed
from jingpai.server.problems import Problem
from jingpai.server.requests import ScoreRequest
from jingpai.types import DocumentLike

_SIDES = (
    ("queries", "documents"),
    ("queries", "items"),
    ("text_1", "text_2"),
    ("data_1", "data_2"),
)

Queries: TypeAlias = Annotated[
    Query | Annotated[list[Query], Field(min_length=1)] | None,
    allowed("strings and lists of at least one string"),
]


def _with_both_sides(schema: dict[str, Any]) -> None:
    """Say in the schema that two names that belong together are needed."""
    given = {"not": {"type": "null"}}
    schema["anyOf"] = [
        {"required": list(names), "properties": dict.fromkeys(names, given)} for names in _SIDES
    ]


class ScoreBody(BaseModel):
    """Pairs to be scored: one query for all documents, or one for each.

    One pair of names is needed: queries and documents, queries and items, text_1 and text_2, or
    data_1 and data_2. Keys that are not named here are ignored.
    """

    model_config = ConfigDict(
        use_attribute_docstrings=True, title="Score", json_schema_extra=_with_both_sides
    )

    model: Name = None
    """The model's name; one that is not loaded is answered by the default model."""
    queries: Queries = None
    documents: OptionalDocuments = None
    items: OptionalDocuments = None
    text_1: Queries = None
    text_2: OptionalDocuments = None
    data_1: Queries = None
    data_2: OptionalDocuments = None
    instruction: Instruction = None
    """As with `/rerank`."""
    use_activation: Flag = None
    """False has scores be logits; otherwise they are in [0, 1]."""
    activation: Flag = None
    """The same, in older releases."""


class Score(TypedDict):
    """The relevance of a pair, which has the same position in the request."""

    index: int
    object: Literal["score"]
    score: float


class PairUsage(Usage):
    """Tokens that were read, and written: none."""

    completion_tokens: int
    prompt_tokens_details: None


class ScoreReply(TypedDict):
    """Scores in the order of the pairs."""

    id: str
    object: Literal["list"]
    created: int
    model: str
    data: list[Score]
    usage: PairUsage


async def score(body: ScoreBody, service: ServiceOf, request_id: RequestId) -> ScoreReply:
    """Score pairs, and leave them in their order."""
    queries, documents = _sides(body)
    reply = await service.score(
        ScoreRequest(
            queries=queries,
            documents=documents,
            model=body.model,
            scale=scale_of(raw=None, activation=(body.use_activation, body.activation)),
            instruction=body.instruction,
        )
    )
    tokens = reply.work.tokens
    return ScoreReply(
        id=f"score-{request_id}",
        object="list",
        created=int(time.time()),
        model=reply.model,
        data=[
            Score(index=index, object="score", score=score)
            for index, score in enumerate(reply.scores)
        ],
        usage=PairUsage(
            prompt_tokens=tokens,
            total_tokens=tokens,
            completion_tokens=0,
            prompt_tokens_details=None,
        ),
    )


def _sides(body: ScoreBody) -> tuple[Sequence[str], Sequence[DocumentLike]]:
    """Return queries and documents: the first pair of names that the body has."""
    for first, second in _SIDES:
        queries, documents = getattr(body, first), getattr(body, second)
        if queries is None or documents is None:
            continue
        queries = [queries] if isinstance(queries, str) else queries
        if len(queries) not in (1, len(documents)):
            raise Problem(
                "invalid",
                f"{first}: got {len(queries)} for {len(documents)} {second}; allowed are one for"
                f" all of them, and one for each.",
                param=first,
            )
        return queries, documents
    raise Problem(
        "invalid",
        "the body has no pairs; it needs queries and documents, queries and items, text_1 and"
        " text_2, or data_1 and data_2.",
    )
