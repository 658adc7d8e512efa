"""How many files and functions of the package does a pair pass through?

    python benchmarks/walk.py

Follows one call of each way in, after a warm-up: a request to the server (`POST /v2/rerank` through
the ASGI application), `Reranker.rank`, `jingpai rank`, a batch job of one shard, and
`CrossEncoder.predict` of `jingpai.compat`. Counts every function of the package that is entered, in
any thread, and the files that these are in.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType

import jingpai
from jingpai import Reranker
from jingpai.cli import app as cli
from jingpai.compat import CrossEncoder
from jingpai.server.http.app import build_app
from jingpai.server.settings import Settings

PACKAGE = str(Path(jingpai.__file__).parent)
QUERY, DOCUMENTS = "what do red pandas eat?", ["Bamboo, roots and acorns.", "They live in trees."]


class Walk:
    """Notes which functions of the package are entered while it is on."""

    def __init__(self) -> None:
        self._is_on = False
        self._entered: set[CodeType] = set()
        # Threads that begin later are watched too.
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    @contextlib.contextmanager
    def noted(self) -> Iterator[set[CodeType]]:
        """Collect the functions that are entered inside a `with` block."""
        self._entered, self._is_on = set(), True
        yield self._entered
        self._is_on = False

    def of(self, call: Callable[[], object]) -> set[CodeType]:
        """Return the functions that the second call enters: the first one warms up."""
        call()
        with self.noted() as entered:
            call()
        return entered

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        # Those without a name are comprehensions and the like.
        is_counted = code.co_filename.startswith(PACKAGE) and not code.co_name.startswith("<")
        if self._is_on and event == "call" and is_counted:
            self._entered.add(code)


def main() -> None:
    walk = Walk()
    with tempfile.TemporaryDirectory() as folder, Reranker() as reranker:
        encoder = CrossEncoder("jingpai-small")
        ways = {
            "Reranker.rank": lambda: reranker.rank(QUERY, DOCUMENTS),
            "CrossEncoder.predict": lambda: encoder.predict([(QUERY, text) for text in DOCUMENTS]),
            "jingpai rank": lambda: command("rank", QUERY, *documents_flags(Path(folder))),
            "jingpai batch": lambda: command(*batch_flags(Path(tempfile.mkdtemp(dir=folder)))),
        }
        found = {name: walk.of(call) for name, call in ways.items()}
    found = {"POST /v2/rerank": asyncio.run(of_server(walk)), **found}
    for name, functions in found.items():
        files = {function.co_filename for function in functions}
        print(f"{name:24} {len(files):4} files {len(functions):4} functions")


async def of_server(walk: Walk) -> set[CodeType]:
    """Return what a request enters, from its body to its reply."""
    application = build_app(Settings())
    async with application.router.lifespan_context(application):
        while await request(application, "GET", "/health/ready") != 200:
            await asyncio.sleep(0.1)
        body = json.dumps({"query": QUERY, "documents": DOCUMENTS}).encode()
        await request(application, "POST", "/v2/rerank", body)
        with walk.noted() as entered:
            status = await request(application, "POST", "/v2/rerank", body)
    if status != 200:
        raise SystemExit(f"the server answered {status}")
    return entered


async def request(application: Callable, method: str, path: str, body: bytes = b"") -> int:
    """Send a request to an ASGI application, and return the status."""
    incoming: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "state": {},
    }
    await application(scope, incoming.get, send)
    return int(sent[0]["status"])


def documents_flags(folder: Path) -> list[str]:
    path = folder / "documents.txt"
    path.write_text("\n".join(DOCUMENTS) + "\n", encoding="utf-8")
    return [str(path)]


def batch_flags(folder: Path) -> list[str]:
    path = folder / "pairs.jsonl"
    rows = [{"query": QUERY, "document": text} for text in DOCUMENTS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return ["batch", str(path), str(folder / "scored")]


def command(*arguments: str) -> None:
    sys.argv = ["jingpai", *arguments]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        try:
            cli.main()
        except SystemExit as end:
            if end.code:
                raise SystemExit(f"{' '.join(arguments)} failed: {shown.getvalue()}") from end


if __name__ == "__main__":
    main()
