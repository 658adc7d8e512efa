"""Which path a request asks for, as the routes write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Scope

# Paths that lead nowhere are whatever people type: too many for labels of a metric.
NOWHERE = "(none)"


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
