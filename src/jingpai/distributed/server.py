"""`jingpai serve --engine ray`: a server on Ray for as long as its command runs."""

from __future__ import annotations

import logging
import os
import re
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import ray
from ray import serve
from ray.exceptions import RayError

from jingpai.distributed.cluster import connected
from jingpai.distributed.serve import NAME, Replicas, application, cores
from jingpai.errors import ClusterFailed, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from jingpai.server.settings import ServerSettings

_log = logging.getLogger("jingpai.server")
_LEVEL = logging.WARNING

# How often it is looked whether Ray is still there.
_LOOK_S = 5.0
_KEEP_ALIVE_S = 30

# The last replies are on their way from the replicas through Ray's proxy.
_LAST_REPLIES_S = 1.0

# After so long, beyond the time that requests are given to finish, no answer will come.
_PATIENCE_S = 30.0

_OUR_ERROR = re.compile(r"jingpai\.errors\.\w+: (.+)")


def run(
    settings: ServerSettings,
    *,
    replicas: Replicas,
    address: str | None = None,
    is_open: bool = False,
    ready: Callable[[bool], None],
) -> None:
    """Serve on Ray until SIGTERM or SIGINT; what was accepted is then finished.

    Args:
        settings: Those of each replica, and where to listen.
        replicas: How many replicas there are.
        address: Of a cluster to join; without it Ray is started on this computer, and ended again.
        is_open: Whether everyone may use the server, should a cluster show it to others.
        ready: Called once requests are answered, with whether that is where the settings say: Ray
            Serve may have been listening on the cluster before.

    Raises:
        InvalidInput: A setting is of no use on Ray, or the cluster has such a server or would open
            this one to everyone.
        ClusterFailed: Ray is not there, goes away, or cannot load the models.
    """
    logging.getLogger("ray.serve").setLevel(_LEVEL)
    # What is wrong with it is said before Ray starts.
    app = application(settings, replicas=replicas)
    stop = threading.Event()
    # One more than there are: in an update, it is ready before another one goes.
    with connected(address, num_cpus=(replicas.limit + 1) * cores(settings)):
        is_ours = _listen(settings, is_shared=address is not None, is_open=is_open)
        _deploy(app)
        with _signals(stop):
            ready(is_ours)
            while not stop.wait(_LOOK_S):
                _check_alive()
        with _within(_PATIENCE_S + settings.drain_timeout):
            _take_down()
            if is_ours and not serve.status().applications:
                # A cluster that was joined goes on, and is left as it was.
                serve.shutdown()  # type: ignore[no-untyped-call]
            ray.shutdown()


def _listen(settings: ServerSettings, *, is_shared: bool, is_open: bool) -> bool:
    """Have Ray's proxies listen; return whether they do where the settings say.

    Raises:
        InvalidInput: The cluster has such a server, or would open this one to everyone.
    """
    there = serve.status()
    if NAME in there.applications:
        raise InvalidInput(
            f"address: a server called {NAME} runs on this cluster. Change it with `serve deploy`,"
            " or end it where it was started."
        )
    if is_shared and there.proxies:
        if not settings.api_keys and not is_open:
            raise InvalidInput(
                "address: Ray Serve already listens on this cluster, where others may reach it, and"
                " no API key is set. Set JINGPAI_API_KEYS, or say --no-auth if everyone may use it."
            )
        return False
    serve.start(
        proxy_location="EveryNode" if is_shared else "HeadOnly",
        http_options={
            "host": settings.host,
            "port": settings.port,
            "root_path": settings.root_path,
            "keep_alive_timeout_s": _KEEP_ALIVE_S,
        },
        logging_config={"log_level": "WARNING", "enable_access_log": False},
    )
    return True


def _deploy(app: serve.Application) -> None:
    try:
        serve.run(app, name=NAME, route_prefix="/")
    except RuntimeError as error:
        raise ClusterFailed(f"the replicas do not start: {_why(error)}") from error


def _why(error: RuntimeError) -> str:
    """Return what a replica said: as text, it stands in the midst of a traceback."""
    deployments = serve.status().applications[NAME].deployments.values()
    messages = [*(deployment.message for deployment in deployments), str(error)]
    said = _OUR_ERROR.findall("\n".join(messages))
    return said[-1] if said else messages[0]


def _check_alive() -> None:
    try:
        with _within(_PATIENCE_S):
            serve.status()
    except RayError as error:
        raise ClusterFailed(f"the cluster is gone: {error}") from error


def _take_down() -> None:
    """Have the replicas finish what they accepted, for as long as they are given."""
    serve.delete(NAME, _blocking=False)
    while NAME in serve.status().applications:
        time.sleep(0.2)
    time.sleep(_LAST_REPLIES_S)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """End the process if this takes longer: calls to a Ray that has died never come back."""
    timer = threading.Timer(seconds, _give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _give_up() -> NoReturn:
    _log.critical("Ray does not answer any more; the server ends")
    os._exit(1)


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Have SIGTERM and SIGINT set an event."""

    def note(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
