"""`jingpai serve` as a process of its own, and what it holds of memory and files."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

_STARTS_WITHIN_S = 120

# Ninety words, of which a document has 55 at least: about 100 tokens, more or less.
_DOCUMENT = (
    "Note {number}: red pandas live in the forests of the eastern Himalayas, between two and four"
    " thousand metres above the sea. They sleep through the warm hours in the crown of a tree and"
    " climb down at dusk to look for young bamboo, roots, acorns and now and then an egg. A ranger"
    " who followed {count} of them through the winter of {year} wrote that they wash like cats,"
    " that they seldom drink where others can see them, and that a mother will move her cubs from"
    " nest to nest whenever a stranger has come too close."
)


@dataclass(frozen=True)
class Server:
    """A server that answers at a port of this computer."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def is_ready(self) -> bool:
        """Whether it answers requests."""
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
        except OSError:  # none listens yet, or it is too busy to answer
            return False
        return True

    @property
    def memory(self) -> int:
        """Bytes that are resident now."""
        return int(self._status("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    @property
    def files(self) -> int:
        """Open file descriptors."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def _status(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text("utf-8")


@contextmanager
def serving(
    *flags: str, log: Path, program: tuple[str, ...] = ("-m", "jingpai")
) -> Iterator[Server]:
    """Start a server with the bundled model; stop it in the end, and see that it ends well.

    Args:
        flags: Of `jingpai serve`.
        log: Where its stderr goes.
        program: What Python runs as `jingpai`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, *program, "serve", "--port", str(port), *flags]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stderr=stderr)
    server = Server(process, port)
    try:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not server.is_ready:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the server does not start; its log is {log}")
            time.sleep(0.1)
        yield server
        process.terminate()
        if process.wait(60) != 0:
            raise SystemExit(f"the server ended with {process.returncode}; its log is {log}")
    finally:
        process.kill()
        process.wait()


def request(number: int, *, documents: int) -> dict[str, object]:
    """Return a body of /v1/rerank: documents of about 100 tokens, no two alike."""
    dice = np.random.default_rng(number)
    texts = []
    for index in range(documents):
        text = _DOCUMENT.format(number=number * 10_000 + index, count=index, year=1900 + number)
        texts.append(" ".join(text.split()[: int(dice.integers(55, 90))]))
    return {"query": f"what does red panda number {number} eat?", "documents": texts}


def machine() -> dict[str, object]:
    return {
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
        **{name: version(name) for name in ("onnxruntime", "uvicorn", "fastapi")},
    }
