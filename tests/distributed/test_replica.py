"""What Ray asks of a replica beside requests: its application, its health, and how much waits."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import httpx
import pytest

from jingpai.errors import ModelNotFound
from jingpai.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("ray", reason="needs the extra `ray`")
# Said by Ray's own models while they are imported.
pytestmark = pytest.mark.filterwarnings("ignore:Using extra keyword arguments")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A replica sets up the log of its process, which here is that of the tests."""
    loggers = [logging.getLogger(name) for name in ("", "jingpai", "uvicorn")]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.level, logger.handlers = level, handlers


def replica_of(*models: object, **more):
    from jingpai.distributed.replica import Replica

    return Replica(Settings(models=tuple(map(str, models)), metrics=False, **more))


def test_it_answers_once_its_application_is_built_and_not_before(tiny_folder):
    async def go() -> httpx.Response:
        replica = replica_of(tiny_folder)
        with pytest.raises(RuntimeError, match="loading"):
            replica.check_health()
        app = await replica.__serve_build_asgi_app__()
        replica.check_health()
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ray") as client:
            return await client.post("/v1/rerank", json={"query": "a", "documents": ["b", "c"]})

    reply = asyncio.run(go())
    assert reply.status_code == 200
    assert "x-request-id" not in reply.headers  # Ray's proxy adds it


def test_it_reports_the_tokens_of_what_it_has_accepted_and_not_answered(tiny_folder):
    async def go() -> list[int]:
        replica = replica_of(tiny_folder)
        app = await replica.__serve_build_asgi_app__()
        transport = httpx.ASGITransport(app)
        seen = [replica.record_autoscaling_stats()["queued_tokens"]]
        async with httpx.AsyncClient(transport=transport, base_url="http://ray") as client:
            body = {"query": "a", "documents": ["b" * 100] * 500}
            asked = asyncio.create_task(client.post("/v1/rerank", json=body))
            while not (waiting := replica.record_autoscaling_stats()["queued_tokens"]):
                await asyncio.sleep(0)
            await asked
        return [*seen, waiting, replica.record_autoscaling_stats()["queued_tokens"]]

    before, during, after = asyncio.run(go())
    assert (before, after) == (0, 0)
    assert during > 500


def test_it_fetches_no_model():
    replica = replica_of("nobody/has-this-model")
    with pytest.raises(ModelNotFound, match="jingpai pull nobody/has-this-model"):
        asyncio.run(replica.__serve_build_asgi_app__())
