"""Whether the server is up: for balancers, orchestrators and clients that ask before they send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from jingpai.server.http.metrics import Metrics
    from jingpai.server.service import Service

_HEALTH, _LIVE, _READY, _PING = "/health", "/health/live", "/health/ready", "/ping"
_METRICS = "/metrics"

PROBES = frozenset({_HEALTH, _LIVE, _READY, _PING})
"""Paths that a balancer asks, without a key."""

POLLED = PROBES | {_METRICS}
"""Paths that are asked every few seconds, so that logs and traces leave them out."""


def router(service: Service, *, metrics: Metrics | None) -> APIRouter:
    """Return the routes of the probes, and of the metrics where there are any."""
    routes = APIRouter(tags=["probes"])

    async def health() -> Response:
        """Tell whether requests are answered: 200 or 503, as TEI says it."""
        if service.state == "ready":
            return Response()
        return JSONResponse({"error": "unhealthy", "error_type": "Unhealthy"}, status_code=503)

    async def live() -> Response:
        """Tell whether the process works; where it does not, it must be restarted."""
        return _status(service.state, fails=service.state == "stalled")

    async def ready() -> Response:
        """Tell whether requests are answered: not while models load or the server stops."""
        return _status(service.state, fails=service.state != "ready")

    async def ping() -> Response:
        """Tell whether requests are answered, as SageMaker asks."""
        return Response(status_code=200 if service.state == "ready" else 503)

    probes = {_HEALTH: health, _LIVE: live, _READY: ready, _PING: ping}
    for path, probe in probes.items():
        routes.add_api_route(path, probe, methods=["GET"], response_class=Response)
        routes.add_api_route(path, probe, methods=["HEAD"], include_in_schema=False)

    if metrics is not None:
        # Not `async`: with several workers it reads files.
        @routes.get(_METRICS, response_class=Response)
        def prometheus() -> Response:
            """Return the metrics of all workers."""
            return Response(metrics.page(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _status(state: str, *, fails: bool) -> JSONResponse:
    return JSONResponse({"status": state}, status_code=503 if fails else 200)
