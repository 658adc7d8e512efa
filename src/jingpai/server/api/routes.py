"""Which path speaks which dialect? One table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends

from jingpai.server.api import (
    dashscope,
    documents,
    explain,
    infinity,
    model_lists,
    score,
    shared,
    tei,
    voyage,
    weaviate,
)
from jingpai.server.api.failures import DOCUMENTS, Failures, responses
from jingpai.server.api.request.calls import provider
from jingpai.server.api.request.json_route import JsonRoute

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.routing import APIRoute

    from jingpai.server.service import Service


@dataclass(frozen=True, slots=True)
class Route:
    """A path, what answers there, and how failures are written there.

    Attributes:
        path: Without the prefix of a proxy.
        endpoint: What answers; its docstring and types are the OpenAPI document.
        failures: The shapes of errors: the second one for bodies of TEI.
        method: Of HTTP.
        status: Of success.
    """

    path: str
    endpoint: Callable[..., Any]
    failures: tuple[Failures, ...] = (DOCUMENTS,)
    method: str = "POST"
    status: int = 200


_SHARED = (DOCUMENTS, tei.FAILURES)
_TEI = (tei.FAILURES,)
_DASHSCOPE = (dashscope.FAILURES,)
_WEAVIATE = (weaviate.FAILURES,)

TABLE = (
    Route("/rerank", shared.rerank, _SHARED),
    Route("/v1/rerank", shared.rerank, _SHARED),
    Route("/reranking", shared.rerank, _SHARED),
    Route("/v1/reranking", shared.rerank, _SHARED),
    Route("/", shared.rerank, _SHARED),
    Route("/invocations", shared.rerank, _SHARED),
    Route("/v2/rerank", documents.rerank),
    Route("/v1/reranks", documents.rerank),
    Route("/compatible-api/v1/reranks", documents.rerank),
    Route("/score", score.score),
    Route("/v1/score", score.score),
    Route("/predict", tei.predict, _TEI),
    Route("/vertex", tei.vertex, _TEI),
    Route("/info", tei.info, _TEI, method="GET"),
    Route("/voyage/v1/rerank", voyage.rerank),
    Route("/api/v1/services/rerank/text-rerank/text-rerank", dashscope.rerank, _DASHSCOPE),
    Route("/infinity/rerank", infinity.rerank),
    Route("/infinity/models", infinity.models, method="GET"),
    Route("/infinity/health", infinity.health, method="GET"),
    Route("/weaviate/rerank", weaviate.rerank, _WEAVIATE),
    Route("/weaviate/.well-known/ready", weaviate.ready, _WEAVIATE, method="GET", status=204),
    Route("/weaviate/meta", weaviate.meta, _WEAVIATE, method="GET"),
    Route("/models", model_lists.models, method="GET"),
    Route("/v1/models", model_lists.models, method="GET"),
    Route("/v1/models/{name:path}", model_lists.model, method="GET"),
    Route("/v1/explain", explain.explain),
    Route("/v1/cluster/auth", model_lists.auth, method="GET"),
)
_FAILURES = {route.path: route.failures for route in TABLE}


def router(service: Service) -> APIRouter:
    """Return the routes of all dialects, answered by a service."""
    routes = APIRouter(route_class=JsonRoute, dependencies=[Depends(provider(service))])
    for route in TABLE:
        routes.add_api_route(
            route.path,
            route.endpoint,
            methods=[route.method],
            status_code=route.status,
            responses=responses(route.failures),
            generate_unique_id_function=_operation_id,
        )
    return routes


def failures_of(path: str, body: object) -> Failures:
    """Return how the client that sent a body to a path reads failures.

    Args:
        path: Without the prefix of a proxy.
        body: What was read of it; None where it was not read.
    """
    failures = _FAILURES.get(path, (DOCUMENTS,))
    return failures[-1] if shared.is_tei(body) else failures[0]


def _operation_id(route: APIRoute) -> str:
    return route.path_format.strip("/").replace("/", "_") or "root"
