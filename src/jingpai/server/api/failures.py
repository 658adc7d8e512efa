"""How does a family of clients read that there is no result? Statuses, and a shape.

The shape of most of them is here, with the same sentence where each client looks for it:
    message, id             Cohere, Weaviate
    detail                  Jina, Voyage, Xinference, LangChain, LlamaIndex, Haystack, pymilvus
    error                   OpenAI, vLLM, llama.cpp, Infinity
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Union, get_args

from typing_extensions import TypedDict

from jingpai.server.problems import STATUS, Kind, Problem

# What the OpenAPI document says of each kind.
_MEANING: Mapping[Kind, str] = {
    "invalid": "The body is no JSON, or a field is missing or not usable.",
    "empty": "There is nothing to rank.",
    "too_long": "A text does not fit into the model.",
    "too_large": "The body, or the number or length of the documents, is over a limit.",
    "body_timeout": "The body did not arrive in time.",
    "media_type": "The body is not declared as JSON.",
    "unauthorized": "No valid key.",
    "not_found": "No such model.",
    "method_not_allowed": "The path has other methods.",
    "overloaded": "Too many requests wait; try again later.",
    "deadline": "No result within the time for a request.",
    "unavailable": "The models are loading, or the server is stopping.",
    "backend": "The model could not be run on this request.",
    "internal": "A fault of the server.",
}


@dataclass(frozen=True, slots=True)
class Failures:
    """How a dialect writes problems.

    Attributes:
        schema: The type of what `content` returns, for the OpenAPI document.
        content: From a problem and the id of the request to what is sent as JSON.
        statuses: Where the status of a kind is not what most dialects answer.
    """

    schema: Any
    content: Callable[[Problem, str], Mapping[str, object]]
    statuses: Mapping[Kind, int] = field(default_factory=dict)

    def status(self, kind: Kind) -> int:
        """Return the HTTP status of a kind of problem."""
        return self.statuses.get(kind, STATUS[kind])


def responses(dialects: Iterable[Failures]) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of the failures of a path with these dialects."""
    dialects = tuple(dialects)
    schema: Any = Union.__getitem__(tuple(failures.schema for failures in dialects))
    meanings: dict[int, list[str]] = {}
    for failures in dialects:
        for kind in get_args(Kind):
            told = meanings.setdefault(failures.status(kind), [])
            if _MEANING[kind] not in told:
                told.append(_MEANING[kind])
    found: dict[int | str, dict[str, Any]] = {
        status: {"model": schema, "description": " ".join(told)}
        for status, told in sorted(meanings.items())
    }
    # Without it FastAPI would add a 422 in its own shape, which is never sent.
    found["4XX"] = {"model": schema, "description": "Any other fault of the request."}
    return found


class ErrorDetail(TypedDict):
    """What OpenAI's clients read."""

    message: str
    type: str
    param: str | None
    code: int


class DocumentsError(TypedDict):
    """Why there is no result: the same sentence where each client looks for it."""

    message: str
    detail: str
    id: str
    error: ErrorDetail


_TYPE: dict[Kind, str] = {
    "unauthorized": "authentication_error",
    "not_found": "not_found_error",
    "overloaded": "rate_limit_error",
    "deadline": "timeout_error",
    "unavailable": "unavailable_error",
    "backend": "server_error",
    "internal": "server_error",
}


def _documents_error(problem: Problem, request_id: str) -> DocumentsError:
    return DocumentsError(
        message=problem.message,
        detail=problem.message,
        id=request_id,
        error=ErrorDetail(
            message=problem.message,
            type=_TYPE.get(problem.kind, "invalid_request_error"),
            param=problem.param,
            code=problem.status,
        ),
    )


DOCUMENTS = Failures(schema=DocumentsError, content=_documents_error)
