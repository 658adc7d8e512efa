"""One replica: the application of `jingpai serve` as Ray Serve runs it, with models of its own."""

from __future__ import annotations

import logging.config
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from jingpai.distributed.autoscaling import QUEUED_TOKENS
from jingpai.distributed.ray_metrics import RayMetrics
from jingpai.errors import ModelNotFound
from jingpai.models.resolve import is_local
from jingpai.server.http.app import create_app
from jingpai.server.http.headers import REQUEST_ID
from jingpai.server.http.logs import log_config
from jingpai.server.http.tracing import open_traces
from jingpai.server.http.watch import Watch
from jingpai.server.registry import wanted
from jingpai.server.service import Service
from jingpai.system.threads import run_as

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from jingpai.server.settings import ServerSettings


class Replica:
    """Answers requests; Ray asks it beside them whether it is well, and how much waits."""

    def __init__(self, settings: ServerSettings) -> None:
        """Begin without models: Ray has the application built next.

        Raises:
            MissingExtra: Traces are asked for, and OpenTelemetry is not installed.
        """
        run_as("ray")
        logs = log_config(settings)
        # Ray Serve may have turned the other one into a file of its own.
        logs["handlers"]["stderr"]["stream"] = "ext://sys.__stderr__"
        logging.config.dictConfig(logs)
        self._settings = settings
        self._traces = open_traces(settings.otlp_endpoint) if settings.otlp_endpoint else None
        metrics = RayMetrics() if settings.metrics else None
        self._watch = _QueueWatch(metrics=metrics, traces=self._traces)
        self._service = Service(settings, observer=self._watch)

    async def __serve_build_asgi_app__(self) -> FastAPI:
        """Load the models, and return the application: no request comes before it is there.

        Raises:
            ModelNotFound: A model is not on this machine.
            JingpaiError: A model cannot be loaded.
        """
        _check_on_disk(self._settings)
        await self._service.load()
        app = create_app(self._settings, self._service, watch=self._watch)
        app.add_middleware(_WithoutRequestId)
        if self._traces is not None:
            self._traces.instrument(app)
        return app

    def check_health(self) -> None:
        """Raise where requests are not answered: Ray then starts another replica in its place."""
        if self._service.state != "ready":
            raise RuntimeError(f"the service is {self._service.state}")

    def record_autoscaling_stats(self) -> dict[str, int]:
        """Return what the number of replicas goes by."""
        return {QUEUED_TOKENS: self._watch.queued_tokens}


class _QueueWatch(Watch):
    """Remembers what waits."""

    queued_tokens = 0

    def queue(self, *, requests: int, tokens: int) -> None:
        self.queued_tokens = tokens
        super().queue(requests=requests, tokens=tokens)


class _WithoutRequestId:
    """Leaves the id of a request to Ray's proxy, which adds it to every reply once more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)[REQUEST_ID]
            await send(message)

        await self._app(scope, receive, send_without)


def _check_on_disk(settings: ServerSettings) -> None:
    """Make sure that replicas which start together do not all fetch a model."""
    for _, model in wanted(settings.models):
        if not is_local(model):
            raise ModelNotFound(
                f"models: {model} is not on this machine, and replicas fetch none. Put it into the"
                f" image (RUN jingpai pull {model}), or into a folder that all machines see, and"
                " name that folder."
            )
