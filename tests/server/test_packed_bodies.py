"""Packed bodies are unpacked, and take no more room than others."""

from __future__ import annotations

import gzip
import zlib

import pytest
from support.asgi import Exchange, ask, chunk, echo

from jingpai.server.http.app import create_app
from jingpai.server.http.intake import Intake
from jingpai.server.settings import ServerSettings

TEXT = b'{"query": "a panda", "documents": ["hi", "a bear"]}'
LIMITED = ServerSettings(max_body=1000, max_body_total=1500)


def raw_deflate(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


def send(
    body: bytes, encoding: str, *, settings: ServerSettings = LIMITED, step: int = 7
) -> Exchange:
    """Send a body in small pieces to a server that sends it back."""
    cuts = range(0, len(body), step)
    pieces = [chunk(body[i : i + step], more=i + step < len(body)) for i in cuts]
    app = Intake(echo, settings=settings)
    return ask(app, *pieces, headers=[("content-encoding", encoding)])


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("X-GZIP", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
def test_a_packed_body_is_unpacked(encoding, body):
    assert send(body, encoding).sent[1]["body"] == TEXT


def test_a_packed_request_is_answered(serve):
    app = create_app(ServerSettings(), serve())
    headers = [("content-type", "application/json"), ("content-encoding", "gzip")]
    reply = ask(app, chunk(gzip.compress(TEXT, mtime=0)), path="/v1/rerank", headers=headers)
    assert (reply.status, len(reply.json["results"])) == (200, 2)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_the_limits_count_what_is_unpacked(pack):
    encoding = "gzip" if pack is gzip.compress else "deflate"
    assert send(pack(b"a" * 1000), encoding).status == 200
    assert send(pack(b"a" * 1001), encoding).status == 413
    bomb = pack(b"\0" * 50_000_000)
    assert send(bomb, encoding, step=len(bomb)).status == 413
    narrow = ServerSettings(max_body=10**9, max_body_total=1000)
    assert send(bomb, encoding, settings=narrow, step=len(bomb)).status == 429


def test_the_limit_counts_what_arrives_too():
    # An endless chain of blocks that hold nothing.
    empty = raw_deflate(b"")[:-2] + b"\x00\x00\x00\xff\xff" * 300
    assert send(empty, "deflate").status in (400, 413)


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0)[:-4], "its end is missing"),
        ("gzip", TEXT, "incorrect header check"),
        ("gzip", gzip.compress(TEXT, mtime=0) * 2, "more follows after its end"),
        ("deflate", zlib.compress(TEXT)[:-4], "its end is missing"),
    ],
)
def test_a_body_that_is_not_packed_as_it_says_is_told_so(encoding, body, reason):
    reply = send(body, encoding)
    assert reply.status == 400
    assert reply.json["message"].startswith(f"the header content-encoding says {encoding}, and")
    assert reason in reply.json["message"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_other_encodings_are_refused_with_those_that_are_not(encoding):
    reply = send(b"\x28\xb5\x2f\xfd", encoding)
    assert (reply.status, reply.headers["accept-encoding"]) == (415, "gzip, deflate")
    assert f"packed ({encoding})" in reply.json["message"]
    assert "gzip and deflate" in reply.json["message"]


def test_a_packed_body_without_the_header_is_told_what_to_send(serve):
    app = create_app(ServerSettings(), serve())
    headers = [("content-type", "application/json")]
    reply = ask(app, chunk(gzip.compress(TEXT, mtime=0)), path="/v1/rerank", headers=headers)
    assert reply.status == 400
    assert "content-encoding: gzip" in reply.json["message"]


def test_what_is_held_of_packed_bodies_is_given_back():
    app = Intake(echo, settings=LIMITED)
    for body in (gzip.compress(b"a" * 900), gzip.compress(b"a" * 2000), b"none"):
        for _ in range(3):
            status = ask(app, chunk(body), headers=[("content-encoding", "gzip")]).status
            assert status != 429
