"""How a failure becomes a response, in the dialect of the path and the body it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from jingpai.server.api.paths import path_of
from jingpai.server.api.request.body_errors import problem_of_body
from jingpai.server.api.request.calls import request_id_of
from jingpai.server.api.request.json_route import read_json
from jingpai.server.api.routes import failures_of
from jingpai.server.problems import Problem

if TYPE_CHECKING:
    from fastapi import FastAPI, Request


# Those that routes have; how a path takes OPTIONS, these say.
_METHODS = ("GET", "HEAD", "POST")

# Of a path in a message: a request line may have tens of thousands.
_MOST_CHARACTERS = 200


def install_error_handlers(app: FastAPI) -> None:
    """Have an app write its failures as the client reads them.

    Unexpected exceptions are not handled here: they pass through to whoever logs them, and answers
    with `write_problem`.
    """

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return _answer(request, problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_body(request: Request, error: RequestValidationError) -> Response:
        return _answer(request, problem_of_body(error.errors()))

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        if error.status_code != 405:
            return _answer(request, _problem_of_path(request, error))
        if request.method == "OPTIONS":
            response = Response(status_code=204)
        else:
            response = _answer(request, _problem_of_path(request, error))
        response.headers["allow"] = ", ".join([*_methods_of(request), "OPTIONS"])
        return response


def write_problem(path: str, body: bytes | None, problem: Problem, request_id: str) -> Response:
    """Return the response that tells a client of a problem.

    Args:
        path: What was asked for, without the prefix of a proxy.
        body: What was sent there, as far as it is known.
        problem: Why there is no result.
        request_id: The id of the request.
    """
    return _response(problem, path=path, body=_read(body), request_id=request_id)


def _problem_of_path(request: Request, error: HTTPException) -> Problem:
    path = path_of(request.scope)
    if len(path) > _MOST_CHARACTERS:
        path = f"{path[: _MOST_CHARACTERS - 4]} ..."
    if error.status_code == 404:
        return Problem(
            "not_found",
            f"there is nothing at {path}; reranking is at /v1/rerank, and /openapi.json names all"
            " paths.",
        )
    if error.status_code == 405:
        return Problem(
            "method_not_allowed",
            f"{path} does not take {request.method}; it takes {', '.join(_methods_of(request))}.",
        )
    return Problem("invalid", str(error.detail))


def _methods_of(request: Request) -> list[str]:
    """Return the methods of a path, of all its routes."""
    return [
        method
        for method in _METHODS
        for scope in [{**request.scope, "method": method}]
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]


def _answer(request: Request, problem: Problem) -> Response:
    request.state.problem = problem.kind  # for the log and the metrics
    return _response(
        problem,
        path=path_of(request.scope),
        body=getattr(request.state, "body", None),
        request_id=request_id_of(request),
    )


def _response(problem: Problem, *, path: str, body: object, request_id: str) -> Response:
    failures = failures_of(path, body)
    headers = {} if problem.retry_after is None else {"retry-after": str(problem.retry_after)}
    return JSONResponse(
        failures.content(problem, request_id),
        status_code=failures.status(problem.kind),
        headers=headers,
    )


def _read(body: bytes | None) -> object:
    """Return what is in a body, where it is JSON; otherwise its dialect is not known."""
    try:
        return read_json(body or b"")
    except Problem:
        return None
