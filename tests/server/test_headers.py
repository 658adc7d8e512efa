"""What every reply carries."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from support.asgi import ask

from jingpai.server.http.headers import ReplyHeaders, request_id_of


async def echo(scope, receive, send):
    await PlainTextResponse(request_id_of(scope))(scope, receive, send)


def asked(*headers: tuple[str, str]):
    exchange = ask(ReplyHeaders(echo), headers=headers)
    return exchange.headers["x-request-id"], exchange.sent[1]["body"].decode()


@pytest.mark.parametrize("given", ["abc-1", "trace:00/1 ".strip(), "x" * 128])
def test_the_id_of_a_client_is_kept_and_echoed(given):
    assert asked(("x-request-id", given)) == (given, given)


@pytest.mark.parametrize(
    "given", ["", "x" * 129, "a b", "a\tb", "ä", "a\x7f", "a\r\nset-cookie: b"]
)
def test_an_id_that_could_do_harm_is_replaced(given):
    echoed, inside = asked(("x-request-id", given))
    assert echoed == inside != given
    assert len(echoed) == 36


def test_each_request_without_an_id_gets_its_own():
    assert asked()[0] != asked()[0]


def test_browsers_are_told_to_do_nothing_with_a_reply():
    headers = ask(ReplyHeaders(echo)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_header_that_the_app_has_set_stays():
    app = PlainTextResponse("x", headers={"cache-control": "max-age=60"})
    assert ask(ReplyHeaders(app)).headers["cache-control"] == "max-age=60"
