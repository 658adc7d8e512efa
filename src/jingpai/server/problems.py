"""Why a request gets no result: one exception for all dialects, which write it in their shapes."""

from __future__ import annotations

import contextlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from jingpai.errors import BackendFailed, InputTooLong, InvalidInput, JingpaiError, OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal[
    "invalid",  # the body is no JSON, a field is missing or not usable
    "empty",  # there is nothing to rank
    "too_long",  # a text does not fit into the model, and was not to be cut
    "too_large",  # the body, or the number or length of the documents, is over a limit
    "body_timeout",  # the body did not arrive in time
    "media_type",  # the body is not declared as JSON
    "unauthorized",  # no valid key
    "not_found",  # no such path or model
    "method_not_allowed",
    "overloaded",  # the queue is full; try again later
    "deadline",  # no result within the time for a request
    "unavailable",  # the models are loading, or the server is stopping
    "backend",  # the model could not be run on this request
    "internal",  # a fault of the server
]

# What most dialects answer; some have other numbers of their own.
STATUS: MappingProxyType[Kind, int] = MappingProxyType(
    {
        "invalid": 400,
        "empty": 400,
        "too_long": 400,
        "too_large": 413,
        "body_timeout": 408,
        "media_type": 415,
        "unauthorized": 401,
        "not_found": 404,
        "method_not_allowed": 405,
        "overloaded": 429,
        "deadline": 503,
        "unavailable": 503,
        "backend": 500,
        "internal": 500,
    }
)


class Problem(Exception):
    """A request cannot be answered; the message is for its sender.

    Attributes:
        kind: What went wrong.
        message: What was given, what is allowed, what to do next; nothing of this machine.
        param: The field that is to blame, where one is.
        retry_after: Seconds after which another try may help.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        param: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.param = param
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status that most dialects give this kind."""
        return STATUS[self.kind]


def problem_of(error: JingpaiError) -> Problem:
    """Return the problem that reports an error of the library to a client."""
    if isinstance(error, InputTooLong):
        return Problem("too_long", str(error), param="query")
    if isinstance(error, InvalidInput):
        return Problem("invalid", str(error))
    if isinstance(error, OutOfMemory):
        return Problem("too_long", str(error), param="documents")
    if isinstance(error, BackendFailed):
        return Problem("backend", str(error))
    return Problem("internal", "the server failed; its log says why.")


@contextlib.contextmanager
def as_problems() -> Iterator[None]:
    """Turn errors of the library into problems."""
    try:
        yield
    except JingpaiError as error:
        raise problem_of(error) from error
