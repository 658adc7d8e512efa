"""The playground: a page at `/` that speaks to the server's public endpoints, and its files.

The files are in the package and few, so they are read once. Browsers get a policy under which
nothing runs or is fetched but these files and the server's own endpoints.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from jingpai.explain.demo_cases import CASES
from jingpai.server.api.paths import way_to

_FOLDER = "/playground"
_INDEX = "index.html"
_EXAMPLES = "examples.json"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
_FILES = (
    *("style.css", "icon.svg"),
    *("app.js", "api.js", "candidates.js", "columns.js", "dom.js", "language.js", "messages.js"),
    *("points.js", "reuse.js", "scales.js", "state.js", "why.js"),
)

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # No script may turn text into HTML, by mistake neither.
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

PAGE_PATHS = frozenset({"/", _FOLDER, *(f"{_FOLDER}/{name}" for name in (*_FILES, _EXAMPLES))})
"""What is shown to everyone, with GET and HEAD."""


class _File(NamedTuple):
    """What is sent, and by what a browser knows whether it has it already."""

    content: bytes
    media_type: str
    tag: str


def router() -> APIRouter:
    """Return the routes of the page."""
    routes = APIRouter(tags=["playground"])
    for path in sorted(PAGE_PATHS):
        name = _INDEX if path in ("/", _FOLDER) else path.removeprefix(f"{_FOLDER}/")
        send = _sender(name, path=path)
        # Bodies can be sent to / as well, so the schema says what else it answers.
        routes.add_api_route(
            path, send, methods=["GET"], response_class=HTMLResponse, include_in_schema=path == "/"
        )
        routes.add_api_route(path, send, methods=["HEAD"], include_in_schema=False)
    return routes


def _sender(name: str, *, path: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def send(request: Request) -> Response:
        away = way_to(path, request.scope) if name == _INDEX else None
        if away is not None:
            return RedirectResponse(away)
        file = _read(name)
        headers = {
            "content-security-policy": _POLICY,
            "cache-control": "no-cache",
            "etag": file.tag,
        }
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers=headers)
        return Response(file.content, media_type=file.media_type, headers=headers)

    return send


@cache
def _read(name: str) -> _File:
    if name == _EXAMPLES:
        content = _examples()
    else:
        content = (resources.files("jingpai.server.playground") / "static" / name).read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return _File(content, _MEDIA_TYPES[name[name.rindex(".") :]], tag)


def _examples() -> bytes:
    cases = [
        {"title": case.title, "query": case.query, "documents": case.documents} for case in CASES
    ]
    return json.dumps(cases, ensure_ascii=False).encode()
