"""One request to an ASGI app, message by message."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

Message = dict[str, Any]
GONE: Message = {"type": "http.disconnect"}


def chunk(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def scope_of(
    path: str = "/rerank",
    *,
    method: str = "POST",
    headers: Sequence[tuple[str, str]] = (),
    root_path: str = "",
) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": root_path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "state": {},
    }


class Exchange:
    """A request whose messages the test hands in one by one, and what was sent back."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []

    async def run(self, app: Callable[..., Awaitable[None]], **scope: Any) -> None:
        await app(scope_of(**scope), self.incoming.get, self._send)

    async def _send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def json(self) -> Any:
        return json.loads(b"".join(message.get("body", b"") for message in self.sent))


def ask(app: Callable[..., Awaitable[None]], *messages: Message, **scope: Any) -> Exchange:
    """Send a whole request, and return what came of it."""

    async def go() -> Exchange:
        exchange = Exchange()
        for message in messages or (chunk(b""),):
            exchange.incoming.put_nowait(message)
        await exchange.run(app, **scope)
        return exchange

    return asyncio.run(go())
