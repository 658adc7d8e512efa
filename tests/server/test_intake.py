"""Bodies within limits, and no work for clients that went away."""

from __future__ import annotations

import asyncio
import logging

import pytest
from support.asgi import GONE, Exchange, ask, chunk, echo

from jingpai.server.http.intake import Intake
from jingpai.server.settings import ServerSettings

SMALL = ServerSettings(max_body=10, max_body_total=25, body_timeout=60)


def test_the_app_gets_the_whole_body():
    exchange = ask(Intake(echo, settings=SMALL), chunk(b"12345", more=True), chunk(b"67890"))
    assert exchange.sent[1]["body"] == b"1234567890"


def test_a_body_that_says_it_is_too_large_is_refused_unread():
    exchange = ask(Intake(echo, settings=SMALL), headers=[("content-length", "11")])
    assert exchange.status == 413
    assert "10 bytes" in exchange.json["message"]


@pytest.mark.parametrize("declared", [(), (("content-length", "4"),), (("content-length", "-1"),)])
def test_a_body_that_is_too_large_is_refused_whatever_it_says(declared):
    exchange = ask(
        Intake(echo, settings=SMALL),
        *(chunk(b"1234", more=True), chunk(b"5678", more=True), chunk(b"901", more=True)),
        headers=declared,
    )
    assert exchange.status == 413


def test_a_body_that_does_not_arrive_is_given_up():
    app = Intake(echo, settings=ServerSettings(body_timeout=0.01))
    exchange = ask(app, chunk(b'{"texts": [', more=True))
    assert exchange.status == 408
    assert "only 11 bytes came" in exchange.json["message"]
    # What comes late must not be read as the next request.
    assert exchange.headers["connection"] == "close"


def test_bodies_that_are_too_large_together_are_put_off_until_one_is_done():
    async def go():
        held = asyncio.Event()

        async def hold(scope, receive, send):
            await held.wait()
            await echo(scope, receive, send)

        app = Intake(hold, settings=SMALL)
        exchanges = [Exchange() for _ in range(3)]
        for exchange in exchanges:
            exchange.incoming.put_nowait(chunk(b"1234567890"))
        running = [asyncio.create_task(exchange.run(app)) for exchange in exchanges[:2]]
        await asyncio.sleep(0)
        await exchanges[2].run(app)
        held.set()
        await asyncio.gather(*running)
        last = Exchange()
        last.incoming.put_nowait(chunk(b"1234567890"))
        await last.run(app)
        return [exchange.status for exchange in (*exchanges, last)], exchanges[2].headers

    statuses, headers = asyncio.run(go())
    assert statuses == [200, 200, 429, 200]
    assert headers["retry-after"] == "1"


@pytest.mark.parametrize("end", [GONE, chunk(b"901", more=True)])
def test_a_body_that_was_not_finished_holds_no_room(end):
    app = Intake(echo, settings=SMALL)

    async def go():
        for _ in range(5):
            exchange = Exchange()
            for message in (chunk(b"12345678", more=True), end):
                exchange.incoming.put_nowait(message)
            await exchange.run(app)
        last = Exchange()
        last.incoming.put_nowait(chunk(b"1234567890"))
        await last.run(app)
        return last.status

    assert asyncio.run(go()) == 200


def test_a_client_that_leaves_has_its_request_cancelled():
    async def go():
        begun, ended = asyncio.Event(), []

        async def work(scope, receive, send):
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        exchange = Exchange()
        exchange.incoming.put_nowait(chunk(b"1"))
        running = asyncio.create_task(exchange.run(Intake(work, settings=SMALL)))
        await begun.wait()
        exchange.incoming.put_nowait(GONE)
        await running
        return ended, exchange.sent

    assert asyncio.run(go()) == (["cancelled"], [])


def test_a_client_that_leaves_while_it_sends_reaches_no_app():
    def never(scope, receive, send):
        raise AssertionError

    assert ask(Intake(never, settings=SMALL), chunk(b"1", more=True), GONE).sent == []


def test_a_server_that_stops_tells_those_it_cannot_finish():
    async def go():
        begun = asyncio.Event()

        async def work(scope, receive, send):
            begun.set()
            await asyncio.Event().wait()

        exchange = Exchange()
        exchange.incoming.put_nowait(chunk(b'{"texts": []}'))
        app = Intake(work, settings=ServerSettings())
        running = asyncio.create_task(exchange.run(app))
        await begun.wait()
        running.cancel()
        await running
        return exchange

    exchange = asyncio.run(go())
    assert exchange.status == 503
    assert "stopping" in exchange.json["error"]  # of TEI, as the body is


def test_a_fault_of_the_app_is_logged_and_told_without_its_details(caplog):
    async def broken(scope, receive, send):
        raise RuntimeError("the secret of /srv/model")

    exchange = ask(Intake(broken, settings=SMALL))
    assert exchange.status == 500
    assert "secret" not in exchange.json["message"]
    assert "the secret of /srv/model" in caplog.text
    assert "in broken" in caplog.text


def test_texts_are_logged_only_when_asked_for_and_on_one_line(caplog):
    caplog.set_level(logging.INFO, logger="jingpai.server")
    body = chunk('{"query": "熊猫\nsecond line"}'.encode())
    ask(Intake(echo, settings=ServerSettings()), body)
    assert caplog.text == ""
    ask(Intake(echo, settings=ServerSettings(log_requests=True)), body)
    assert "熊猫\\nsecond line" in caplog.text
    assert len(caplog.text.splitlines()) == 1
