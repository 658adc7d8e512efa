"""All dialects around a tiny model, without the limits and keys that stand in front of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.middleware import Middleware

from jingpai.server.api.errors import install_error_handlers
from jingpai.server.api.routes import router
from jingpai.server.headers import ReplyHeaders
from jingpai.server.service import Service
from jingpai.server.settings import Settings


def app_of(service: Service) -> FastAPI:
    app = FastAPI(middleware=[Middleware(ReplyHeaders)])
    app.include_router(router(service))
    install_error_handlers(app)
    return app


@pytest.fixture(scope="session")
def client(tiny_folder: Path) -> Iterator[TestClient]:
    """A client of a server of a tiny model in fp32, so that equal texts have equal scores."""
    service = Service(Settings(models=(f"tiny={tiny_folder}",), precision="fp32"))
    asyncio.run(service.load())
    yield TestClient(app_of(service))
    service.close()


@pytest.fixture(scope="session")
def client_of() -> Callable[[Service], TestClient]:
    """Make a client of a server around a service."""
    return lambda service: TestClient(app_of(service))
