"""The process that serves: real sockets, signals and workers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from support.running import free_port, running, traceback_in, wait_until

from jingpai.errors import InvalidInput
from jingpai.server.http.run import PatientProtocol, listen

BODY = json.dumps({"query": "what is a panda", "documents": ["hi", "a bear"]}).encode()
HEAD = (
    b"POST /v1/rerank HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n" % len(BODY)
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def server(tiny_folder, tmp_path_factory):
    with running(tmp_path_factory.mktemp("one"), "--model", f"tiny={tiny_folder}") as server:
        yield server


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def test_it_answers_and_says_which_model_did(server):
    reply = server.rerank(return_documents=True)
    assert reply.status_code == 200
    assert reply.json()["model"] == "tiny"
    assert "ready: tiny on cpu (int8)" in server.log


def test_a_reply_does_not_say_what_serves(server):
    assert "server" not in server.get("/health").headers


def test_a_body_over_the_limit_is_refused_and_the_client_reads_why(server):
    body = b" " * (17 * 1024 * 1024)
    headers = {"content-type": "application/json"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=60) as client:
        declared = client.post("/v1/rerank", content=body)
        chunked = client.post("/v1/rerank", content=iter([body]))
        assert [declared.status_code, chunked.status_code] == [413, 413]
        assert "16777216 bytes" in chunked.json()["message"]
        assert client.post("/v1/rerank", content=BODY).status_code == 200


def test_bytes_that_are_no_http_are_refused(server):
    with server.connect() as connection:
        connection.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 400")


def test_a_client_that_hangs_up_is_noticed(server):
    with server.connect() as connection:
        connection.sendall(HEAD + BODY[:10])
    wait_until(lambda: " 499 " in server.log)
    assert not traceback_in(server.log)


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_finishes_what_it_accepted(tiny_folder, tmp_path, number):
    with running(tmp_path, "--model", tiny_folder) as server:
        with server.connect() as connection:
            connection.sendall(HEAD + BODY[:10])
            wait_until(lambda: server.get("/health").status_code == 200)
            server.process.send_signal(number)
            wait_until(lambda: is_closed(server.port))  # and takes no more
            connection.sendall(BODY[10:])
            reply = read_all(connection)
        assert reply.startswith(b"HTTP/1.1 200")
        assert b'"relevance_score"' in reply
        assert server.process.wait(60) == 0
        assert not traceback_in(server.log)


def is_closed(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except ConnectionRefusedError:
        return True
    return False


@posix
def test_a_server_that_stops_does_not_wait_for_a_client_for_ever(tiny_folder, tmp_path):
    with running(tmp_path, "--model", tiny_folder, "--drain-timeout", "1") as server:
        with server.connect() as connection:
            connection.sendall(HEAD + BODY[:10])
            wait_until(lambda: server.get("/health").status_code == 200)
            server.process.send_signal(signal.SIGTERM)
            assert b" 503 " in read_all(connection)
        assert server.process.wait(60) == 0
        assert not traceback_in(server.log)


@posix
def test_a_worker_that_is_killed_is_replaced_and_the_numbers_of_all_are_one(tiny_folder, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    flags = ("--model", tiny_folder, "--workers", "2", "--log-format", "json")
    with running(tmp_path, *flags, TMPDIR=str(temporary)) as server:

        def workers() -> list[int]:
            return [
                record["process"]
                for record in server.records
                if record["message"].startswith("ready")
            ]

        def counted(requests: int) -> str:
            return f'jingpai_requests_total{{path="/v1/rerank",status="200"}} {requests:.1f}'

        wait_until(lambda: len(workers()) == 2)
        assert [server.rerank().status_code for _ in range(5)] == [200] * 5
        # A request is counted once its last byte is out: a worker that is killed before that takes
        # the count with it.
        wait_until(lambda: counted(5) in server.get("/metrics").text)
        os.kill(workers()[0], signal.SIGKILL)
        wait_until(lambda: len(workers()) == 3)
        assert [server.rerank().status_code for _ in range(5)] == [200] * 5
        wait_until(lambda: counted(10) in server.get("/metrics").text)
        assert list(temporary.glob("jingpai-metrics-*"))
        assert server.stop() == 0
    assert not list(temporary.glob("jingpai-metrics-*"))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_model_that_cannot_be_loaded_ends_the_server_with_a_message(tmp_path, workers):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    flags = ("--model", folder, "--workers", workers)
    with running(tmp_path, *flags, ready=False) as server:
        assert server.process.wait(60) == 1
        assert "ERROR" in server.log
        assert "config.json" in server.log
        assert not traceback_in(server.log)


def test_a_port_that_is_taken_is_named_with_a_command():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=f"--port {port + 1}") as caught:
            listen("127.0.0.1", port)
    assert f"port {port}" in str(caught.value)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "1.2.3.4.5", "x" * 70])
def test_an_address_that_is_not_here_is_named(host):
    with pytest.raises(InvalidInput, match=host[:20]):
        listen(host, free_port())


def test_a_reply_does_not_wait_until_its_head_is_confirmed():
    with listen("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address), listener.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_it_listens_on_ipv6_too():
    with listen("::1", 0) as listener:
        assert listener.family == socket.AF_INET6


class HastyProtocol(PatientProtocol):
    patience_s = 0.2


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /"])
def test_a_connection_on_which_no_request_begins_is_closed(sent):
    async def go() -> bytes:
        app = PlainTextResponse("here")
        config = uvicorn.Config(
            app, http=HastyProtocol, ws="none", lifespan="off", log_config=None, log_level="error"
        )
        server = uvicorn.Server(config)
        with listen("127.0.0.1", 0) as listener:
            serving = asyncio.create_task(server._serve([listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(sent)
            received = await reader.read()
            writer.close()
            server.should_exit = True
            await serving
        return received

    received = asyncio.run(go())
    assert received.endswith(b"here") if b"\r\n\r\n" in sent else received == b""
