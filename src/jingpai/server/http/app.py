"""The application: its routes, what a request passes through, how its models come and go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from typing import TYPE_CHECKING, NoReturn

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from jingpai.errors import JingpaiError
from jingpai.server.api import errors, routes
from jingpai.server.api.paths import OnePath
from jingpai.server.http import probes
from jingpai.server.http.headers import REQUEST_ID, ReplyHeaders
from jingpai.server.http.intake import Intake
from jingpai.server.http.keys import ApiKeys
from jingpai.server.http.metrics import Metrics
from jingpai.server.http.tracing import open_traces
from jingpai.server.http.watch import Watch, Watched
from jingpai.server.playground import page
from jingpai.server.service import Service
from jingpai.system.threads import run_as
from jingpai.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fastapi import FastAPI

    from jingpai.server.settings import ServerSettings

_log = logging.getLogger("jingpai.server")

# uvicorn's supervisor does not start a worker again that ends with this code.
STARTUP_FAILED = 3
STALLED = 70

_STALL_CHECK_S = 1.0


def build_app(settings: ServerSettings) -> FastAPI:
    """Return the application with a service of its own, metrics and traces as the settings say.

    Raises:
        MissingExtra: Traces are asked for, and OpenTelemetry is not installed.
    """
    run_as("server")  # in each of several workers
    metrics = Metrics() if settings.metrics else None
    traces = open_traces(settings.otlp_endpoint) if settings.otlp_endpoint else None
    watch = Watch(metrics=metrics, traces=traces)
    app = create_app(settings, Service(settings, observer=watch), watch=watch)
    if traces is not None:
        traces.instrument(app)
    return app


def create_app(
    settings: ServerSettings, service: Service, *, watch: Watch | None = None
) -> FastAPI:
    """Return the application around a service; its start has the service load its models.

    Args:
        settings: Limits, keys and origins.
        service: What answers.
        watch: Reports requests to metrics, traces and log; usually the service's observer too.
    """
    watch = watch or Watch()
    app = OnePath(
        title="jingpai",
        version=__version__,
        # The pages that show the schema load scripts from other servers.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan_of(service, watch=watch),
        middleware=_middleware(settings, watch=watch),
    )
    has_page = watch.metrics is not None and watch.metrics.has_page
    app.include_router(probes.router(service, metrics=watch.metrics if has_page else None))
    app.include_router(routes.router(service))
    app.include_router(page.router())
    errors.install_error_handlers(app)
    return app


def _middleware(settings: ServerSettings, *, watch: Watch) -> list[Middleware]:
    """What a request passes through, the outermost first."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        expose_headers=[REQUEST_ID],
    )
    return [
        Middleware(Watched, watch=watch, paths={route.path for route in routes.TABLE}),
        Middleware(ReplyHeaders),
        *([cors] if settings.cors_origins else []),
        Middleware(ApiKeys, keys=settings.api_keys),
        Middleware(Intake, settings=settings),
    ]


def _lifespan_of(
    service: Service, *, watch: Watch
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # In the background, so that the server can already answer that it is loading.
        tasks = [asyncio.create_task(_load(service)), asyncio.create_task(_end_if_stalled(service))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            service.close()
            # It may wait for a collector that does not answer.
            await asyncio.to_thread(watch.close)

    return lifespan


async def _load(service: Service) -> None:
    """Load the models, or end the process: without them it is of no use."""
    try:
        await service.load()
    except JingpaiError as error:
        _log.error("%s", error)
    except Exception:  # noqa: BLE001 - whatever it is, there is no model
        _log.exception("the models could not be loaded")
    else:
        for model in service.models:
            _log.info(
                "ready: %s on %s (%s), %d tokens",
                *(model.name, model.device, model.precision, model.max_tokens),
            )
        return
    _end_process(STARTUP_FAILED if service.settings.workers > 1 else 1)


async def _end_if_stalled(service: Service) -> None:
    """End the process once a model hangs, so that its supervisor restarts it."""
    while service.state != "stalled":
        await asyncio.sleep(_STALL_CHECK_S)
    _log.critical(
        "a batch takes longer than %g s (--stall-timeout); this process ends to be started anew",
        service.settings.stall_timeout,
    )
    _end_process(STALLED)


def _end_process(code: int) -> NoReturn:
    """End at once: a model that hangs would not let the interpreter come to its end."""
    logging.shutdown()
    os._exit(code)
