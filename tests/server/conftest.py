"""Services of a tiny model that several tests of the server share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.tiny_engine import tiny_engine_of

from jingpai.server.hosted import HostedModel
from jingpai.server.requests import ModelFacts
from jingpai.server.service import Service, ServiceObserver
from jingpai.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jingpai.testing import Fault


@pytest.fixture
def serve(tiny_folder: Path) -> Iterator[Callable[..., Service]]:
    """Make services of the tiny model, whose batches may fail on purpose."""
    services: list[tuple[Service, Any]] = []

    def make(
        settings: Settings | None = None,
        *,
        fault: Callable[..., Fault | None] = lambda batch: None,
        names: tuple[str, ...] = ("tiny",),
        observer: ServiceObserver | None = None,
    ) -> Service:
        settings = settings or Settings()
        service = Service(settings, observer=observer)
        hosted = {}
        for name in names:
            engine = tiny_engine_of(tiny_folder, fault)
            facts = ModelFacts(name, "tiny", None, engine.spec.max_tokens, "cpu", "fp32", 0)
            hosted[name] = HostedModel(engine, facts=facts, observer=observer)
            services.append((service, engine))
        service.host(hosted)
        return service

    yield make
    for service, engine in services:
        engine.backend.release()
        service.close()
