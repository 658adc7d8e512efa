"""Which path a request asks for, as the routes write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import FastAPI

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Receive, Scope, Send

# Paths that lead nowhere are whatever people type: too many for labels of a metric.
NOWHERE = "(none)"

# Clients of a proxy write the whole address, and some proxies pass it on as it is.
_HOST = re.compile(r"https?://[^/]*", re.IGNORECASE)
_SLASHES = re.compile("/{2,}")

_ASKED = "asked_path"


class OnePath(FastAPI):
    """An application that reads all ways to write a path as one, before anything looks at it.

    Keys, limits, metrics, traces, routes and the shapes of errors thus see the same path. A
    redirect would name the scheme of this server, which is not that of a proxy with TLS in front.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            _simplify(scope)
        await super().__call__(scope, receive, send)


def _simplify(scope: Scope) -> None:
    """Write the path without a host, doubled slashes and one at the end; remember what it was."""
    prefix: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    below = path.removeprefix(prefix)
    if below and not below.startswith("/") and not _HOST.match(below):
        prefix, below = "", path  # of another name that only begins like the prefix
    elif not path.startswith(prefix):
        prefix = ""
    below = _HOST.sub("", below, count=1) if _HOST.match(below) else below
    scope.setdefault("state", {})[_ASKED] = below
    if below != "*":
        below = _SLASHES.sub("/", below).rstrip("/") or "/"
    scope["path"] = prefix + below


def prefix_of(root_path: str) -> str:
    """Return the prefix of a proxy as it stands in front of a path, however it was set."""
    bare = root_path.strip("/")
    return f"/{bare}" if bare else ""


def way_to(page: str, scope: Scope) -> str | None:
    """Return the relative address of a page that was asked for under another one; None if not.

    What a page loads it names by relative addresses, which are others below `/page/`.

    Args:
        page: Its path, as the route writes it.
        scope: Of the request that this route answers.
    """
    asked: str = scope.get("state", {}).get(_ASKED, page)
    if not asked:
        return f"{scope.get('root_path', '').rpartition('/')[2]}/"
    slashes = len(asked) - len(asked.rstrip("/"))
    return "../" * slashes + page.rpartition("/")[2] if slashes and page != "/" else None


def path_of(scope: Scope) -> str:
    """Return the path of a request, without the prefix that a proxy put in front."""
    path: str = scope["path"]
    prefix: str = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def template_of(scope: Scope, *, known: Collection[str]) -> str:
    """Return the path of the route that answered, such as `/v1/models/{name}`.

    Args:
        scope: Of the request, once it is over.
        known: Paths that have a route, for requests that were refused before they came to it.
    """
    path = path_of(scope)
    return getattr(scope.get("route"), "path", path if path in known else NOWHERE)
