"""Two servers on this computer, and what clients have to get from them."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx

from jingpai import Reranker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUERY = "What does a giant panda eat?"
DOCUMENTS = [
    "The night train to Chengdu leaves at half past nine.",
    "Giant pandas live in the mountains of Sichuan.",
    "大熊猫的食物几乎全是竹子。",
    "Red pandas are about the size of a cat.",
    "Bamboo is nearly all that a giant panda eats: up to 38 kilograms a day.",
]
_START_S = 120


@contextlib.contextmanager
def serving(logs: Path) -> Iterator[dict[str, object]]:
    """Serve while the context is open; yield what conftest.py makes an `Asked` of.

    Args:
        logs: Folder for what the servers write.
    """
    sigmoid, logit = (Reranker(scale=scale) for scale in ("sigmoid", "logit"))
    key = secrets.token_urlsafe()
    with (
        _server(logs / "with-key.log", keys=key) as url,
        _server(logs / "open.log", "--strict-models") as open_url,
    ):
        yield {
            "url": url,
            "key": key,
            "open_url": open_url,
            "model": sigmoid.rank(QUERY, DOCUMENTS).model,
            "query": QUERY,
            "documents": DOCUMENTS,
            "scores": sigmoid.score(QUERY, DOCUMENTS),
            "logits": logit.score(QUERY, DOCUMENTS),
        }


@contextlib.contextmanager
def _server(log: Path, *flags: str, keys: str = "") -> Iterator[str]:
    """Run `jingpai serve` with the bundled model until the context ends; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "jingpai", "serve", "--port", str(port), *flags]
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**_environment(), "JINGPAI_API_KEYS": keys},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(url, process, log=log)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def _environment() -> dict[str, str]:
    """Return the variables of this process, without what would set up the server otherwise."""
    return {name: value for name, value in os.environ.items() if not name.startswith("JINGPAI_")}


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/ready", trust_env=False).is_success:
                return
        time.sleep(0.2)
    raise SystemExit(f"jingpai serve did not get ready:\n{log.read_text(encoding='utf-8')}")
