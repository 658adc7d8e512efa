"""All dialects around a tiny model: without the limits and keys that stand in front of them, and
once more over HTTP, as replicas on Ray answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.middleware import Middleware
from support.running import PATIENCE_S, Running

from jingpai.server.api.errors import install_error_handlers
from jingpai.server.api.routes import router
from jingpai.server.http.headers import ReplyHeaders
from jingpai.server.service import Service
from jingpai.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def app_of(service: Service) -> FastAPI:
    app = FastAPI(middleware=[Middleware(ReplyHeaders)])
    app.include_router(router(service))
    install_error_handlers(app)
    return app


@pytest.fixture(scope="session", params=["here", pytest.param("ray", marks=pytest.mark.ray)])
def client(request: pytest.FixtureRequest) -> httpx.Client:
    """A client of a server of a tiny model in fp32, so that equal texts have equal scores."""
    return request.getfixturevalue(f"client_{request.param}")


@pytest.fixture(scope="session")
def client_ray(ray_server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ray_server.address, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture(scope="session")
def client_here(tiny_folder: Path) -> Iterator[TestClient]:
    service = Service(Settings(models=(f"tiny={tiny_folder}",), precision="fp32"))
    asyncio.run(service.load())
    yield TestClient(app_of(service))
    service.close()


@pytest.fixture(scope="session")
def client_of() -> Callable[[Service], TestClient]:
    """Make a client of a server around a service."""
    return lambda service: TestClient(app_of(service))
