"""What an endpoint is given besides the body: the service, and the id of the request."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from jingpai.server.problems import Problem
from jingpai.server.service import Service


def provider(service: Service) -> Callable[[Request], Awaitable[None]]:
    """Return the dependency of a router through which its endpoints come by the service."""

    async def provide(request: Request) -> None:
        request.state.service = service
        _check_lengths(
            getattr(request.state, "body", None), most=service.settings.max_documents, levels=3
        )

    return provide


def _check_lengths(value: object, *, most: int, levels: int, name: str = "the body") -> None:
    """Refuse lists of more documents than a request may have, before each of these is read.

    Millions of them fit into a body, and other requests would wait while they are looked at.
    """
    if isinstance(value, list) and len(value) > most:
        raise Problem(
            "too_large",
            f"{name}: got {len(value)}; at most {most} are allowed in one request. Send them in"
            " several, or raise --max-documents.",
            param=name,
        )
    if levels and isinstance(value, dict):
        for key, inner in value.items():
            _check_lengths(inner, most=most, levels=levels - 1, name=key)
    elif levels and isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                _check_lengths(inner, most=most, levels=levels - 1, name=name)


async def _service(request: Request) -> Service:
    service: Service = request.state.service
    return service


async def _request_id(request: Request) -> str:
    return request_id_of(request)


def request_id_of(request: Request) -> str:
    """Return the id that the middleware gave the request."""
    return str(getattr(request.state, "request_id", ""))


ServiceOf: TypeAlias = Annotated[Service, Depends(_service)]
RequestId: TypeAlias = Annotated[str, Depends(_request_id)]
