"""`jingpai serve` as a process of its own, asked over HTTP."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 240
"""After so long a test fails instead of waiting for ever; no test measures time."""


class Running:
    """A server process, and what it has written so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self._log = log
        self.session: Path | None = None  # of Ray: what its processes write

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8")

    @property
    def records(self) -> list[dict[str, Any]]:
        """The lines of a log in JSON."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.address + path, timeout=PATIENCE_S)

    def rerank(self, **body: Any) -> httpx.Response:
        body = {"query": "what is a panda", "documents": ["hi", "a bear"], **body}
        return httpx.post(f"{self.address}/v1/rerank", json=body, timeout=PATIENCE_S)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(*flags: str | Path) -> list[str]:
    return [sys.executable, "-m", "jingpai", "serve", *map(str, flags)]


def clean_environment(**more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("JINGPAI_") or name == "JINGPAI_CACHE"
    }
    return kept | {"JINGPAI_LANG": "en", **more}


@contextmanager
def on_ray(folder: Path, *flags: str | Path, **env: Any) -> Iterator[Running]:
    """Start a server on a Ray of its own; skip the test where there is no Ray."""
    pytest.importorskip("ray", reason="needs the extra `ray`")
    # Sockets lie in it, and their paths have to be short.
    with (
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as session,
        running(folder, "--engine", "ray", *flags, RAY_TMPDIR=session, **env) as server,
    ):
        server.session = Path(session, "ray", "session_latest")
        yield server


@contextmanager
def running(folder: Path, *flags: str | Path, ready: bool = True, **env: str) -> Iterator[Running]:
    """Start a server with a log in a folder; wait until it answers."""
    log = folder / "server.log"
    port = free_port()
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command("--port", str(port), *flags), stderr=stderr, env=clean_environment(**env)
        )
    server = Running(process, log, port)
    try:
        if ready:
            wait_until(lambda: is_ready(server))
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def is_ready(server: Running) -> bool:
    assert server.process.poll() is None, server.log
    try:
        return server.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def traceback_in(log: str) -> bool:
    return re.search(r"^Traceback", log, re.MULTILINE) is not None


def replicas_of(server: Running) -> list[int]:
    """The processes of all replicas that have ever been ready, in that order."""
    return [int(pid) for pid in re.findall(r"pid=(\d+)\).*server: ready: ", server.log)]


def file_of_ray(server: Running, name: str) -> str:
    """What a Ray that `on_ray` started has written to a file of its session."""
    assert server.session is not None
    (path,) = server.session.glob(f"{name}_*")
    return path.read_text().strip()
