"""Whatever the server is sent, it answers as it should, or says in a 4xx which field is wrong."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from support.asgi import Exchange, chunk, scope_of
from support.hostile.requests import DIALECTS, Asked, asked, echo_of, whole
from support.hostile.values import check_message, hostile, places, raw_json, texts, written

from jingpai.server.http.app import create_app
from jingpai.server.registry import load_models
from jingpai.server.service import Service
from jingpai.server.settings import ServerSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

JSON = (b"content-type", b"application/json")
CLOSE = 2e-6


@pytest.fixture(scope="module")
def send(tiny_folder) -> Iterator[Callable[..., Exchange]]:
    """Send a request to a whole server in this process."""
    settings = ServerSettings(models=(f"tiny={tiny_folder}",), precision="fp32", threads=1)
    service = Service(settings)
    service.host(load_models(settings))
    app = create_app(settings, service)
    with TestClient(app) as client:
        portal: Any = client.portal  # its types know no app

        def go(
            path: str,
            *bodies: bytes,
            method: str = "POST",
            headers: Sequence[tuple[bytes, bytes]] = (JSON,),
        ) -> Exchange:
            exchange = Exchange()
            for body in bodies[:-1]:
                exchange.incoming.put_nowait(chunk(body, more=True))
            exchange.incoming.put_nowait(chunk(bodies[-1] if bodies else b""))
            scope = {**scope_of(path, method=method), "headers": list(headers)}
            portal.call(app, scope, exchange.incoming.get, exchange._send)
            return exchange

        yield go


def reply_of(exchange: Exchange) -> Any:
    """What was answered, which is JSON and no 5xx."""
    body = b"".join(message.get("body", b"") for message in exchange.sent)
    assert exchange.status is not None
    assert exchange.status < 500, body[:500]
    if exchange.headers.get("content-type", "").startswith("application/json"):
        return json.loads(body.decode("utf-8"), parse_constant=refuse)
    return body


def refuse(name: str) -> NoReturn:
    raise AssertionError(f"{name} is no JSON")


def message_of(reply: Any) -> str:
    found = reply.get("message") or reply["error"]
    check_message(found)
    return found


def check_reply(reply: Any, request: Asked) -> None:
    """Each document once, in order, with its text, and no more than were wanted."""
    dialect, given = request.dialect, request.texts
    found = dialect.found(reply)
    assert len(found) == min(request.top_n or len(given), len(given))
    assert len({one.index for one in found}) == len(found)
    if dialect.is_ranked:
        assert [(-one.score, one.index) for one in found] == sorted(
            (-one.score, one.index) for one in found
        )
    else:
        assert [one.index for one in found] == list(range(len(given)))
    for one in found:
        assert one.text is None or one.text == given[one.index]
        assert one.text is not None or not request.is_echoed
        sent = request.documents[one.index]
        if one.document is not None and isinstance(sent, dict):
            assert json.dumps(one.document) == json.dumps(echo_of(sent))


@hostile(share=0.07)
@given(request=asked())
def test_a_request_of_any_dialect_is_answered_whole(send, request: Asked):
    exchange = send(request.dialect.path, json.dumps(request.body).encode())
    reply = reply_of(exchange)
    assert exchange.status == 200, reply
    check_reply(reply, request)


@hostile(share=0.02)
@given(request=asked())
def test_scores_are_the_same_in_another_order(send, request: Asked):
    dialect = request.dialect
    outer, _, key = dialect.keys[1].rpartition(".")
    inner = request.body[outer] if outer else request.body
    turned = {**inner, key: inner[key][::-1]}
    body = {**request.body, outer: turned} if outer else turned
    scores = [
        {one.index: one.score for one in dialect.found(reply_of(exchange))}
        for exchange in (
            send(dialect.path, json.dumps(sent).encode()) for sent in (request.body, body)
        )
    ]
    last = len(request.texts) - 1
    for index, score in scores[0].items():
        # With top_n, equals may stand on either side of the cut.
        if last - index in scores[1]:
            assert scores[1][last - index] == pytest.approx(score, abs=CLOSE)


@hostile(share=0.1)
@given(request=asked(), data=st.data(), raw=raw_json)
def test_a_value_of_another_kind_is_taken_or_refused_by_its_name(send, request: Asked, data, raw):
    path = data.draw(st.sampled_from(places(request.body)))
    exchange = send(request.dialect.path, written(request.body, path, raw).encode())
    reply = reply_of(exchange)
    if exchange.status == 200:
        found = request.dialect.found(reply)
        assert len({one.index for one in found}) == len(found)
        return
    names = [step for step in path if isinstance(step, str)]
    message = message_of(reply)
    assert any(name in message for name in (*names, "the body")), (path, message)


@hostile(share=0.01)
@given(request=asked(), data=st.data())
def test_a_key_that_is_missing_is_not_needed_or_named(send, request: Asked, data):
    name = data.draw(st.sampled_from(sorted(request.body)))
    body = {key: value for key, value in request.body.items() if key != name}
    exchange = send(request.dialect.path, json.dumps(body).encode())
    reply = reply_of(exchange)
    if exchange.status != 200:
        message = message_of(reply)
        # Nothing is left that tells this body from one of those who call them documents.
        assert (name if name != "texts" else "documents") in message, message


PAIRS = {
    "predict": ("/predict", lambda query, given: {"inputs": [[query, text] for text in given]}),
    "vertex": (
        "/vertex",
        lambda query, given: {
            "instances": [{"query": query, "texts": given}, {"query": query, "texts": given[:1]}]
        },
    ),
    "score of pairs": (
        "/v1/score",
        lambda query, given: {"text_1": [query] * len(given), "text_2": given},
    ),
}


@hostile(share=0.02)
@given(
    name=st.sampled_from(sorted(PAIRS)),
    given=st.lists(texts, min_size=1, max_size=4),
    data=st.data(),
    raw=st.none() | raw_json,
)
def test_pairs_are_scored_or_refused(send, name, given, data, raw):
    path, body_of = PAIRS[name]
    body = body_of("what is a panda", given)
    if raw is None:
        sent = json.dumps(body)
    else:
        sent = written(body, data.draw(st.sampled_from(places(body))), raw)
    exchange = send(path, sent.encode())
    reply = reply_of(exchange)
    if raw is None:
        assert exchange.status == 200, reply
        key = {"predict": None, "vertex": "predictions", "score": "data"}[name]
        answers = reply[key] if key else reply
        assert len(answers) == (2 if name == "vertex" else len(given))
    elif exchange.status != 200:
        message_of(reply)


# What comes over the wire

PATHS = sorted({dialect.path for dialect in DIALECTS.values()})
paths = st.sampled_from(PATHS) | st.sampled_from(
    (
        *("/", "//", "/v1/rerank/", "//v1//rerank", "/v1/models", "/v1/models/", "/v1/models/a/b"),
        *("/v1/models/\x00", "/v1/models/\ufffd", "/health", "/healthz", "/metrics", "/info"),
        *("/openapi.json", "/docs", "/playground", "/..", "/v1/../rerank", "*", "", "rerank"),
        *("http://host/v1/rerank", "/v1/rerank?x", "/%2e%2e", "/\r\nx: y", "/weaviate/meta"),
        *("/v1/rerank\x00", "/" + "a" * 9000, "/infinity/models", "/favicon.ico", "/invocations"),
    )
)
METHODS = ("POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "post", "X\x00")
ENCODINGS = (
    b"gzip",
    b"deflate",
    b"br",
    b"identity",
    b"GZIP",
    b"gzip, gzip",
    b"x-gzip",
    b"\xff",
    b"",
)
TYPES = (
    *(
        b"application/json",
        b"application/json; charset=utf-16",
        b"application/x+json",
        b"text/plain",
    ),
    *(b"", b"\xff\xfe", b"multipart/form-data; boundary=x", b"application/x-www-form-urlencoded"),
)
VALID = json.dumps({"query": "what is a panda", "documents": ["a bear", ""]}).encode()
PACKED = (gzip.compress(VALID, mtime=0), zlib.compress(VALID), zlib.compress(VALID)[2:-4])
bodies = st.binary(max_size=30) | st.sampled_from(
    (
        *(VALID, *PACKED, *(body[: len(body) // 2] for body in PACKED), PACKED[0] + b"x"),
        *(PACKED[0] * 2, gzip.compress(b"[" * 10**6, mtime=0), b"\xef\xbb\xbf" + VALID),
        *(VALID.decode().encode("utf-16"), VALID.decode().encode("utf-32"), VALID + b"\x00"),
        *(VALID.replace(b"a bear", b"\xff"), VALID.replace(b"a bear", b"\xed\xa0\x80"), b"\x00"),
        *(b"query=a&documents=b", b"[" * 10**5, b"{" * 10**5, b"1" * 10**5, VALID * 2, b"null"),
    )
)
odd_headers = st.lists(
    st.tuples(
        st.sampled_from(
            (b"x-request-id", b"authorization", b"host", b"accept", b"cookie", b"content-length",
             b"origin", b"traceparent", b"accept-language", b"x-forwarded-for", b"expect", b"\xff")
        ),
        st.sampled_from(
            (b"", b"\xff\xfe", b"-1", b"9" * 30, b"a" * 9000, b"Bearer ", b"*/*;q=x", b"\xb2")
        )
        | st.binary(max_size=8),
    ),
    max_size=2,
)  # fmt: skip


@hostile(share=0.06)
@given(
    path=paths,
    method=st.sampled_from(("POST",) * 6 + METHODS),
    kind=st.sampled_from((JSON[1],) * 4 + TYPES),
    encoding=st.none() | st.sampled_from(ENCODINGS),
    body=bodies,
    cut=st.integers(0, 40),
    more=odd_headers,
)
def test_any_bytes_get_an_answer_that_is_no_5xx(
    send, path, method, kind, encoding, body, cut, more
):
    headers = [(b"content-type", kind), *more]
    if encoding is not None:
        headers.append((b"content-encoding", encoding))
    exchange = send(path, body[:cut], body[cut:], method=method, headers=headers)
    reply = reply_of(exchange)
    if exchange.status >= 400 and method != "HEAD":
        message_of(reply)


@hostile(share=0.01)
@given(name=texts)
def test_a_model_of_any_name_is_looked_for(send, name):
    exchange = send(f"/v1/models/{whole(name)}", method="GET")
    assert exchange.status in (200, 404, 400)
    reply_of(exchange)
