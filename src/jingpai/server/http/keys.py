"""Who may ask: API keys, in every header that clients are known to send them in."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from jingpai.server.api.errors import write_problem
from jingpai.server.api.paths import path_of
from jingpai.server.http.headers import request_id_of
from jingpai.server.http.probes import PROBES
from jingpai.server.http.watch import note_problem
from jingpai.server.playground.page import PAGE_PATHS
from jingpai.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

# Xinference's client asks there whether it needs a key.
_OPEN_PATHS = PROBES | {"/v1/cluster/auth"}
# The page asks for the key; nothing of the server's is in it. POST on `/` is TEI's, and needs one.
_PAGE_METHODS = ("GET", "HEAD")
_KEY_HEADERS = ("x-api-key", "api-key")

_MISSING = (
    "no API key: send it in the header Authorization: Bearer KEY, or in x-api-key or api-key."
)
_WRONG = "this API key is not one of this server's; ask whoever runs it for one."


class ApiKeys:
    """Lets those through who show a key; everyone where no key is set."""

    def __init__(self, app: ASGIApp, *, keys: Sequence[str]) -> None:
        self._app = app
        self._keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app behind this, or refuse."""
        if scope["type"] != "http" or not self._keys or _is_open(scope):
            await self._app(scope, receive, send)
            return
        shown = list(_shown_keys(Headers(scope=scope)))
        if any(map(self._is_known, shown)):
            await self._app(scope, receive, send)
            return
        problem = Problem("unauthorized", _WRONG if shown else _MISSING)
        note_problem(scope, problem.kind)
        response = write_problem(path_of(scope), None, problem, request_id_of(scope))
        response.headers["www-authenticate"] = "Bearer"
        await response(scope, receive, send)

    def _is_known(self, shown: bytes) -> bool:
        # All keys are compared, each in constant time: how long it takes says nothing about them.
        return sum(hmac.compare_digest(shown, key) for key in self._keys) > 0


def _is_open(scope: Scope) -> bool:
    path = path_of(scope)
    return path in _OPEN_PATHS or (path in PAGE_PATHS and scope["method"] in _PAGE_METHODS)


def _shown_keys(headers: Headers) -> Iterator[bytes]:
    """Yield what may be a key; header values are Latin-1, whatever was sent."""
    for value in headers.getlist("authorization"):
        scheme, _, token = value.strip().partition(" ")
        # Some clients send the bare key, without the name of a scheme.
        key = token.strip() if scheme.lower() == "bearer" else value.strip()
        if key:
            yield key.encode("latin-1")
    for name in _KEY_HEADERS:
        for value in headers.getlist(name):
            if value.strip():
                yield value.strip().encode("latin-1")
