"""JSON as RFC 8259 has it, and no more: what Python's own reader lets pass is refused here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jingpai.files.faults import Fault

if TYPE_CHECKING:
    from typing import NoReturn

_WHITE = " \t\r\n\x0b\x0c"

_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)', re.DOTALL)

# An escape of half a character; both halves together are one character and no fault.
_ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NotJson(Fault):
    """The text is written in another way; plain text, perhaps."""


class _NoNumber(Fault):
    """A number that JSON does not have."""


def is_blank(line: str) -> bool:
    """Return whether a line of JSON lines holds nothing."""
    return not line.strip(_WHITE)


def load_json(text: str | bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a value of JSON as lenient as Python reads it, from files that other programs write.

    Raises:
        ValueError: It is none, or is nested too deep.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def parse_json(text: str) -> object:
    r"""Return a JSON value.

    A half of a character (`"\ud800"`) that stands alone becomes U+FFFD, as models read it.

    Raises:
        Fault: It is not JSON, a key is in an object twice, or a number is none of JSON's.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
        return _whole(value) if _ESCAPED_HALF.search(text) else value
    except json.JSONDecodeError as error:
        raise NotJson(
            "not JSON ({reason}, column {column})",
            {"reason": error.msg, "column": error.colno},
            line=error.lineno,
        ) from None
    except _NoNumber as fault:
        fault.line = _line_of_constant(text)
        raise
    except Fault:
        raise
    except RecursionError:
        raise Fault("not JSON ({reason})", {"reason": Fault("nested too deep")}) from None
    except ValueError as error:  # a whole number of more digits than Python reads
        raise Fault("not JSON ({reason})", {"reason": error}) from None


def parse_object(text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        Fault: It is something else.
    """
    value = parse_json(text)
    if not isinstance(value, dict):
        raise Fault("a JSON object is expected, not {kind}", {"kind": kind_of_value(value)})
    return value


def kind_of_value(value: object) -> Fault | str:
    """Return what JSON calls a value."""
    if isinstance(value, str):
        return Fault("a string")
    if isinstance(value, dict):
        return Fault("an object")
    if isinstance(value, list):
        return Fault("an array")
    return json.dumps(value)


def _refuse_constant(name: str) -> NoReturn:
    raise _NoNumber(
        "not JSON ({name}): {name} is no number of JSON; write null, or leave the key out",
        {"name": name},
    )


def _line_of_constant(text: str) -> int | None:
    """Return the line of the first number that is none."""
    for found in _STRING_OR_CONSTANT.finditer(text):
        if found[1]:
            return text.count("\n", 0, found.start()) + 1
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Fault(
            "the key {key!r} is {count} times in an object; keep one of them",
            {"key": twice, "count": names.count(twice)},
        )
    return found


def _whole(value: object) -> object:
    """Return a value without halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(item) for key, item in value.items()}
    return value
