"""The process that serves: its socket, its workers, and how it stops."""

from __future__ import annotations

import functools
import math
import os
import signal
import socket
import sys
import tempfile
from typing import TYPE_CHECKING, NoReturn

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.supervisors import Multiprocess

from jingpai.errors import InvalidInput
from jingpai.server.http.app import STARTUP_FAILED, build_app
from jingpai.server.http.logs import log_config
from jingpai.server.http.metrics import FOLDER_VARIABLE

if TYPE_CHECKING:
    import asyncio
    from types import FrameType

    from jingpai.server.settings import Settings

# Connections beside those of the requests in work: most are kept open for a next request.
_IDLE_CONNECTIONS = 1024
_KEEP_ALIVE_S = 30

# A worker answers from a thread, which has to wait while a large model is being loaded.
_WORKER_ANSWER_S = 30


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one.

    Raises:
        InvalidInput: There is no such address here, or the port is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InvalidInput(
            f"host: {host!r} is no address of this computer ({error}); 127.0.0.1 is, and 0.0.0.0"
            " stands for all of them."
        ) from error
    try:
        listener = socket.create_server(
            address[:2],
            family=family,
            backlog=_IDLE_CONNECTIONS,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        raise InvalidInput(
            f"cannot listen on {host}, port {port} ({error.strerror}). Take another:"
            f" jingpai serve --host {host} --port {port + 1 if 0 < port < 65535 else 0}"
        ) from error
    # Connections inherit it. asyncio sets it only where a socket names its protocol, as these do
    # not; without it the body of a reply waits 40 ms for the client's kernel to confirm the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run(settings: Settings, listener: socket.socket) -> int:
    """Serve until told to stop; return the exit code of the process.

    What was accepted is finished within `drain_timeout` of SIGTERM or SIGINT.
    """
    config = uvicorn.Config(
        functools.partial(build_app, settings),
        factory=True,
        workers=settings.workers,
        http=PatientProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=log_config(settings),
        access_log=False,
        root_path=settings.root_path,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=settings.max_requests + _IDLE_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(settings.drain_timeout),
        timeout_worker_healthcheck=_WORKER_ANSWER_S,
    )
    if settings.workers > 1:
        return _run_workers(config, listener)
    _run_alone(config, listener)
    return 0


def _run_alone(config: uvicorn.Config, listener: socket.socket) -> None:
    # uvicorn sends itself the signal again once it has stopped, and then all is done.
    signal.signal(signal.SIGTERM, _exit)
    try:
        uvicorn.Server(config).run([listener])
    except KeyboardInterrupt:
        return


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _run_workers(config: uvicorn.Config, listener: socket.socket) -> int:
    """Serve with several processes; one that dies is started anew."""
    with tempfile.TemporaryDirectory(prefix="jingpai-metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder  # the workers inherit it
        supervisor = Multiprocess(config, [listener])
        supervisor.run()
    has_failed = any(process.exitcode == STARTUP_FAILED for process in supervisor.processes)
    return 1 if has_failed else 0


class PatientProtocol(H11Protocol):
    """Ends connections on which no request begins, or no reply is read, for a minute.

    uvicorn waits for ever for the first byte, between the bytes of the headers, and for a client
    that does not read.
    """

    patience_s = 60.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_request()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._await_request()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _await_request(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(self.patience_s, self._end_if_still_in, self.cycle)

    def _end_if_still_in(self, cycle: RequestResponseCycle | None) -> None:
        if self.cycle is cycle:  # no other request has begun since
            self.transport.abort()
