"""What an endpoint is given besides the body: the service, and the id of the request."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from jingpai.server.service import Service


def provider(service: Service) -> Callable[[Request], Awaitable[None]]:
    """Return the dependency of a router through which its endpoints come by the service."""

    async def provide(request: Request) -> None:
        request.state.service = service

    return provide


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
