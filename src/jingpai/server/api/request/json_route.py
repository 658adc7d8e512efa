"""How does a body become JSON? Strictly, and with an error that says what is wrong with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from jingpai.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class JsonRoute(APIRoute):
    """A route whose body must be declared as JSON, and be it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        if self.body_field is None:
            return answer

        async def read_and_answer(request: Request) -> Response:
            _check_media_type(request.headers.get("content-type", ""))
            body = read_json(await request.body())
            # Errors are written in the dialect of this body.
            request.state.body = body
            return await answer(_Parsed(request, body))

        return read_and_answer


def read_json(body: bytes) -> object:
    """Return what is in a body.

    Raises:
        Problem: It is no JSON.
    """
    if not body:
        raise Problem("invalid", "the body is empty; it must be a JSON object.")
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise Problem("invalid", "the body is nested too deeply.") from None
    except UnicodeDecodeError:
        raise Problem("invalid", "the body is no UTF-8; JSON is sent as UTF-8.") from None
    except ValueError as error:
        raise Problem("invalid", f"the body is no JSON: {error}.") from None


class _Parsed(Request):
    """A request whose JSON is known already."""

    def __init__(self, request: Request, body: object) -> None:
        super().__init__(request.scope, request.receive)
        self._parsed = body

    async def body(self) -> bytes:
        """Return something that is not empty, which is all that is asked of it."""
        return b"{}"

    async def json(self) -> object:
        """Return what was read."""
        return self._parsed


def _check_media_type(declared: str) -> None:
    media_type = declared.partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json:
        raise Problem(
            "media_type",
            f"the body {f'is declared as {media_type}' if media_type else 'is not declared'};"
            " send the header content-type: application/json.",
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is none of its values")
