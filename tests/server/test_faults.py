"""What goes wrong between a client and a server, and in the server: over real sockets.

Each test is a row of the table in docs/server.md.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from support.faulty_server import LONG
from support.running import (
    PATIENCE_S,
    Running,
    clean_environment,
    free_port,
    is_ready,
    running,
    traceback_in,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

SHORT_TEXT, LONG_TEXT = "a bear", "b" * LONG
TEI = {"query": "a", "texts": [LONG_TEXT]}


@contextmanager
def failing(folder: Path, fault: str, *, log: Path, **settings) -> Iterator[Running]:
    """Start a server whose model fails on long texts; `process.stdin` lets what hangs go on."""
    port = free_port()
    script = Path(__file__).parents[1] / "support" / "faulty_server.py"
    command: list[str | Path] = [
        sys.executable,
        script,
        folder,
        str(port),
        fault,
        json.dumps(settings),
    ]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stderr=stderr,
            env={**clean_environment(), "PYTHONPATH": str(script.parents[1])},
        )
    server = Running(process, log, port)
    try:
        wait_until(lambda: is_ready(server))
        yield server
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server(tiny_folder, tmp_path_factory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server")
    limits = ("--body-timeout", "1", "--max-body", "1MiB")
    with running(folder, "--model", f"tiny={tiny_folder}", *limits) as server:
        yield server


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "server.log"


def raw(body: bytes, *, declared: int | None = None) -> bytes:
    """A request as it is on the wire."""
    head = (
        "POST /v1/rerank HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body) if declared is None else declared}\r\n\r\n"
    )
    return head.encode() + body


def body_of(*documents: str) -> bytes:
    return json.dumps({"query": "a", "documents": documents}).encode()


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def gauge(server: Running, name: str) -> float:
    return float(re.findall(rf"^{name} (.*)$", server.get("/metrics").text, re.MULTILINE)[0])


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b'{"query": "a", "documents": ' + b"[" * 200_000, 400, "nested too deeply"),
        (b'{"query": "a", "documents": ["\xff\xfe"]}', 400, "UTF-8"),
        (b'{"query": "a", "documents": ["b"], "top_n": NaN}', 400, "NaN"),
        (b'{"query": "a", "documents": ["b"]}\x00', 400, "no JSON"),
        (b'{"query": "a", "documents": [""], "documents": ["b", "c"]}', 200, '"index":1'),
    ],
    ids=["deep", "no UTF-8", "NaN", "more behind it", "a key twice"],
)
def test_a_body_that_is_odd_is_answered_and_the_connection_goes_on(server, body, status, says):
    headers = {"content-type": "application/json"}
    with httpx.Client(base_url=server.address, headers=headers, timeout=PATIENCE_S) as client:
        reply = client.post("/v1/rerank", content=body)
        assert reply.status_code == status
        assert says in reply.text
        assert client.post("/v1/rerank", content=body_of("b")).status_code == 200
    assert not traceback_in(server.log)


def test_a_body_that_comes_too_slowly_is_answered_and_its_connection_closed(server):
    with server.connect() as connection:
        connection.sendall(raw(b'{"query"', declared=100))
        received = read_all(connection)
    assert received.startswith(b"HTTP/1.1 408")
    assert b"only 8 bytes came" in received
    assert b"connection: close" in received.lower()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_bodies_of_50_mb_are_never_held_in_memory(server):
    def most_memory() -> int:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024

    def chunks():
        for _ in range(50):
            yield b" " * 2**20

    before = most_memory()
    for _ in range(5):
        reply = httpx.post(
            f"{server.address}/v1/rerank",
            content=chunks(),
            headers={"content-type": "application/json"},
            timeout=PATIENCE_S,
        )
        assert reply.status_code == 413
    assert most_memory() - before < 20 * 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_connections_that_come_and_go_leave_nothing_open(server):
    def open_files() -> int:
        return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))

    assert server.rerank().status_code == 200
    wait_until(lambda: " 200 " in server.log)
    before = open_files()
    for number in range(60):
        with server.connect() as connection:
            connection.sendall([b"", b"POST /v1", raw(body_of("b")), b"\x00"][number % 4])
    wait_until(lambda: open_files() <= before)


@pytest.mark.parametrize("way", ["closes", "half closes"])
def test_a_client_that_goes_away_takes_its_work_with_it(tiny_folder, log, way):
    with failing(tiny_folder, "hang", log=log) as server:
        with server.connect() as connection:
            connection.sendall(raw(body_of(LONG_TEXT)))
            wait_until(lambda: gauge(server, "jingpai_queue_requests") == 1)
            if way == "half closes":
                connection.shutdown(socket.SHUT_WR)
                assert read_all(connection) == b""
        wait_until(lambda: gauge(server, "jingpai_queue_requests") == 0)
        assert " 499 " in server.log
        server.process.stdin.write(b"\n")
        server.process.stdin.flush()
        assert server.rerank().status_code == 200
        assert not traceback_in(server.log)


@pytest.mark.parametrize(
    ("fault", "status", "tei_status", "says"),
    [
        ("error", 500, 424, "failed on purpose"),
        ("crash", 500, 424, "log says why"),
        ("nan", 500, 424, "documents[1]"),
        ("out_of_memory", 400, 422, "documents[1]"),
    ],
)
def test_a_model_that_fails_on_a_request_fails_no_other(
    tiny_folder, log, fault, status, tei_status, says
):
    with failing(tiny_folder, fault, log=log) as server:
        bad = server.rerank(documents=[SHORT_TEXT, LONG_TEXT])
        assert bad.status_code == status
        assert httpx.post(f"{server.address}/rerank", json=TEI).status_code == tei_status
        assert server.rerank(documents=[SHORT_TEXT]).status_code == 200
        assert server.get("/health").status_code == 200
        assert says in bad.text
        if fault == "crash":  # what a bug says may hold paths and texts
            assert "on purpose" not in bad.text
            assert "crashed on purpose" in server.log


def test_a_model_that_hangs_is_told_to_clients_and_ends_the_process(tiny_folder, log):
    settings = {"request_timeout": 1, "stall_timeout": 6}
    with failing(tiny_folder, "hang", log=log, **settings) as server:
        late = server.rerank(documents=[LONG_TEXT])
        assert late.status_code == 503
        assert int(late.headers["retry-after"]) > 0
        # Whoever comes behind it waits in vain as well, and is told so.
        assert server.rerank(documents=[SHORT_TEXT]).status_code == 503
        assert server.process.wait(PATIENCE_S) == 70
        assert "--stall-timeout" in server.log


def test_a_server_that_is_told_to_stop_under_load_finishes_all_that_it_accepted(tiny_folder, log):
    replies: list[bytes] = []

    def ask(server: Running) -> None:
        with server.connect() as connection:
            connection.sendall(raw(body_of(LONG_TEXT, SHORT_TEXT)))
            replies.append(read_all(connection))

    with failing(tiny_folder, "hang", log=log, drain_timeout=60) as server:
        clients = [threading.Thread(target=ask, args=(server,)) for _ in range(30)]
        for client in clients:
            client.start()
        wait_until(lambda: gauge(server, "jingpai_queue_requests") == 30)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: is_closed(server.port))
        assert not replies
        server.process.stdin.write(b"\n")
        server.process.stdin.flush()
        for client in clients:
            client.join(PATIENCE_S)
        server.process.wait(PATIENCE_S)
        assert not traceback_in(server.log)
    assert [reply[:12] for reply in replies] == [b"HTTP/1.1 200"] * 30
    assert all(reply.count(b"relevance_score") == 2 for reply in replies)


def is_closed(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_worker_that_is_killed_costs_its_own_requests_and_no_others(tiny_folder, tmp_path):
    flags = ("--model", tiny_folder, "--workers", "2", "--log-format", "json", "--log-level")
    more = ("debug", "--max-queue-tokens", "100000000", "--request-timeout", "600")
    with running(tmp_path, *flags, *more) as server:

        def workers() -> list[int]:
            return [
                record["process"]
                for record in server.records
                if record["message"].startswith("ready")
            ]

        wait_until(lambda: len(workers()) == 2)
        hours_of_work = raw(body_of(*(["b" * 1500] * 10_000)))
        with server.connect() as first, server.connect() as second:
            for connection in (first, second):
                connection.sendall(hours_of_work)
            wait_until(lambda: gauge(server, "jingpai_queue_requests") == 2)
            for number in (0, 1):
                assert server.rerank().status_code == 200
                os.kill(workers()[number], signal.SIGKILL)
                wait_until(lambda goal=number + 3: len(workers()) == goal)
            # No client is left waiting for a worker that is gone.
            assert [read_all(first), read_all(second)] == [b"", b""]
            assert server.rerank().status_code == 200
        assert server.stop() == 0
