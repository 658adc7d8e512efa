"""A server for the page, and what a person does on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 180
"""After so long a test fails instead of waiting for ever; no test measures time."""

# Pictures of every flow, to be looked at.
PICTURES = Path(os.environ.get("JINGPAI_TEST_PICTURES", "build/browser"))


@contextmanager
def serving(folder: Path, *flags: str | Path, **env: str) -> Iterator[str]:
    """Run a server, and yield its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("JINGPAI_") or name == "JINGPAI_CACHE"
    }
    log = folder / "server.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "jingpai", "serve", "--port", str(port), *map(str, flags)],
            env=kept | {"JINGPAI_LANG": "en"} | env,
            stderr=stderr,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not _answers(f"{address}/health/ready"):
            assert process.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as reply:
            return reply.status == 200
    except OSError:
        return False


def rank(page: Any, query: str, candidates: str, *, split: str = "lines") -> None:
    """Type a case, rank it, and wait for its result."""
    page.fill("#query", query)
    page.fill("#candidates", candidates)
    page.select_option("#split", split)
    page.click("#rank")
    settle(page)


def settle(page: Any) -> None:
    """Wait until nothing is being read."""
    page.wait_for_selector("#rank:enabled")


def until(page: Any, expression: str, *, arg: Any = None) -> None:
    """Wait for something to become true; asked from here, as the page's policy forbids `eval`."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def order(page: Any, column: int = 1) -> list[int]:
    """Return the documents of a column, best first."""
    rows = page.locator(".column").nth(column).locator("li")
    return [int(index) for index in rows.evaluate_all("all => all.map(one => one.dataset.index)")]


def picture(page: Any, name: str, *, is_whole: bool = True) -> None:
    """Keep what the page looks like now."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=is_whole)
