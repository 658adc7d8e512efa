"""Requests on their way in: bodies within limits, and no work for clients that went away.

The body is read whole before anything else happens, so that a slow client holds no place in the
queue. Then the app runs as a task of its own beside a watch on the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from jingpai.server.api.errors import write_problem
from jingpai.server.api.paths import path_of
from jingpai.server.http.headers import request_id_of
from jingpai.server.http.packed import UNPACKED, Unpacker
from jingpai.server.http.watch import note_problem
from jingpai.server.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from jingpai.server.settings import ServerSettings

_log = logging.getLogger("jingpai.server")
_RETRY_AFTER_S = 1


class _ClientGone(Exception):
    """The client went away before its request was complete."""


class Intake:
    """Reads bodies under the limits of the settings, and drops what no client waits for."""

    def __init__(self, app: ASGIApp, *, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings
        self._held = 0  # bytes of all bodies that are in memory now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app behind this with a body that is complete, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_answered = False

        async def watch_send(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        body = b""
        try:
            body = await self._read(scope, receive)
            self._log_body(body, scope=scope)
            await self._answer(body, scope=scope, receive=receive, send=watch_send)
        except _ClientGone:
            return
        except Problem as found:
            problem = found
        except asyncio.CancelledError:
            # The server stops, and the time for what it had accepted is over.
            problem = Problem("unavailable", "the server is stopping; try again later.")
        except Exception:  # noqa: BLE001 - the border: whatever it is, the client gets an answer
            _log.exception("request %s failed", request_id_of(scope))
            problem = Problem("internal", "the server failed on this request; its log says why.")
        else:
            return
        finally:
            self._held -= len(body)
        if not is_answered:
            await _refuse(problem, body=body, scope=scope, receive=receive, send=send)

    def _log_body(self, body: bytes, *, scope: Scope) -> None:
        if self._settings.log_requests and body:
            # As JSON, so that a line end in a text cannot begin a line of the log.
            text = json.dumps(body.decode(errors="replace"), ensure_ascii=False)
            _log.info("request %s: %s", request_id_of(scope), text)

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """Return the body; raises Problem where it is too large, too slow or one too many."""
        headers = Headers(scope=scope)
        unpacker = Unpacker(headers.get("content-encoding", ""))
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._settings.max_body:
            raise self._too_large()
        body = bytearray()
        is_complete = False
        try:
            await asyncio.wait_for(
                self._receive_all(body, receive, unpacker=unpacker), self._settings.body_timeout
            )
            is_complete = True
        except asyncio.TimeoutError:
            raise Problem(
                "body_timeout",
                f"the body did not arrive within {self._settings.body_timeout:g} s: only"
                f" {len(body)} bytes came. Send it at once, or in smaller requests.",
            ) from None
        finally:
            if not is_complete:
                self._held -= len(body)
        return bytes(body)

    async def _receive_all(self, body: bytearray, receive: Receive, *, unpacker: Unpacker) -> None:
        more, arrived = True, 0
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            packed = message.get("body", b"")
            arrived += len(packed)
            left = self._settings.max_body - len(body)
            left_in_all = self._settings.max_body_total - self._held
            chunk = unpacker.unpack(packed, most=min(left, left_in_all) + 1)
            # What a client declares may be wrong, and with chunks it declares nothing.
            if len(chunk) > left or arrived > self._settings.max_body:
                raise self._too_large()
            if len(chunk) > left_in_all:
                raise Problem(
                    "overloaded",
                    f"the bodies of all requests together are over {self._settings.max_body_total}"
                    f" bytes; try again in {_RETRY_AFTER_S} s.",
                    retry_after=_RETRY_AFTER_S,
                )
            body += chunk
            self._held += len(chunk)
            more = message.get("more_body", False)
        unpacker.finish(arrived=arrived)

    def _too_large(self) -> Problem:
        return Problem(
            "too_large",
            f"the body is over the limit of {self._settings.max_body} bytes. Send fewer documents,"
            " or have the server started with a larger --max-body.",
        )

    async def _answer(self, body: bytes, *, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app until it is done or its client is gone."""
        app = asyncio.ensure_future(self._app(scope, _replay(body), send))
        client = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait({app, client}, return_when=asyncio.FIRST_COMPLETED)
            if app.done():
                await app
        finally:
            await _end(app)
            await _end(client)


async def _end(task: asyncio.Future[None]) -> None:
    """Stop a task, and wait until it has stopped."""
    if task.done():
        return  # awaited once more, its exception would lose where it came from
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


def _replay(body: bytes) -> Receive:
    """Return a `receive` that hands out a body, and then waits for an end that never comes."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        # The app is cancelled when the client goes, so there is no news to wait for.
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return receive


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(
    problem: Problem, *, body: bytes | None, scope: Scope, receive: Receive, send: Send
) -> None:
    note_problem(scope, problem.kind)
    response = write_problem(path_of(scope), body, problem, request_id_of(scope))
    if problem.kind == "media_type":
        response.headers["accept-encoding"] = UNPACKED
    if problem.kind == "body_timeout":
        # The rest of the body would be read as the next request.
        response.headers["connection"] = "close"
    await response(scope, receive, send)
