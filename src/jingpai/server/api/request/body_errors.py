"""What is wrong with a body, in one sentence: which field, what was given, what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jingpai.server.api.request.lenient import EMPTY, NOT_ALLOWED, SENTENCE, shown
from jingpai.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What the tags of a union of bodies begin with: they are no fields, though they stand among them.
TAG = "body:"


def problem_of_body(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the first of the errors that pydantic found in a body as a problem."""
    error = errors[0]
    kind, message, given = error["type"], error["msg"], error["input"]
    field = _field(error["loc"])
    if kind == EMPTY:
        return Problem("empty", f"{field}: {message}.", param=field)
    if kind == SENTENCE:
        return Problem("invalid", f"{message}.", param=field)
    if kind == NOT_ALLOWED:
        return Problem(
            "invalid", f"{field}: got {shown(given)}; allowed are {message}.", param=field
        )
    if kind == "missing" and field:
        return Problem("invalid", f"{field} is missing; the body needs it.", param=field)
    if kind == "missing":
        return Problem("invalid", 'the body is empty; it must be a JSON object with a "query".')
    name = field or "the body"
    return Problem("invalid", f"{name} is {shown(given)}; it must be an object.", param=field)


def _field(location: Sequence[str | int]) -> str | None:
    """Return the way to a field as `input.query` or `texts[3]`; None for the body itself."""
    field = ""
    for part in location[1:]:
        if isinstance(part, int):
            field += f"[{part}]"
        elif not part.startswith(TAG):
            field += f".{part}" if field else part
    return field or None
