"""`jingpai serve --engine ray`: what stands between a client and a replica, and what goes wrong.

That replicas answer every dialect as a server does is tested in tests/server/api.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time

import httpx
import pytest
from support.running import (
    PATIENCE_S,
    file_of_ray,
    replicas_of,
    traceback_in,
    wait_until,
)

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="Ray on Windows is a beta"),
]


def test_each_replica_says_when_it_is_ready(ray_server):
    wait_until(lambda: len(replicas_of(ray_server)) >= 2)
    assert "ready: tiny on cpu (fp32)" in ray_server.log


def test_the_start_says_where_the_server_is_and_nothing_of_ray(ray_server):
    wait_until(lambda: "try it:" in ray_server.log)
    assert f"{ray_server.address} (this computer only" in ray_server.log
    assert "usage" not in ray_server.log.lower()
    assert not traceback_in(ray_server.log)


@pytest.mark.parametrize("given", ["abc-7", None])
def test_a_reply_has_one_id_and_it_is_that_of_the_log(ray_server, given):
    headers = {"x-request-id": given} if given else {}
    reply = httpx.get(f"{ray_server.address}/v1/models", headers=headers, timeout=PATIENCE_S)
    (request_id,) = reply.headers.get_list("x-request-id")
    assert given in (None, request_id)
    wait_until(lambda: f"id={request_id}" in ray_server.log)


def test_a_body_over_the_limit_is_refused_and_the_client_reads_why(ray_server):
    body = b" " * (17 * 1024 * 1024)
    headers = {"content-type": "application/json"}
    with httpx.Client(base_url=ray_server.address, headers=headers, timeout=PATIENCE_S) as client:
        declared = client.post("/v1/rerank", content=body)
        chunked = client.post("/v1/rerank", content=iter([body]))
    assert [declared.status_code, chunked.status_code] == [413, 413]
    assert "16777216 bytes" in chunked.json()["message"]


def test_a_client_that_hangs_up_is_noticed(ray_server):
    def hang_up() -> bool:
        with ray_server.connect() as connection:
            connection.sendall(b"POST /v1/rerank HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            time.sleep(0.5)  # until it has come to a replica
        return " 499 " in ray_server.log

    wait_until(hang_up)
    assert not traceback_in(ray_server.log)


def test_numbers_go_to_the_metrics_of_ray(ray_server):
    assert ray_server.get("/metrics").status_code == 404
    assert ray_server.rerank().status_code == 200
    page = f"http://127.0.0.1:{file_of_ray(ray_server, 'metrics_export_port')}/metrics"

    def counted() -> bool:
        text = httpx.get(page, timeout=PATIENCE_S).text
        return all(
            re.search(rf'^ray_jingpai_{name}\{{.*application="jingpai"', text, re.MULTILINE)
            for name in ("requests_total", "queue_tokens", "stage_seconds_bucket")
        )

    wait_until(counted)


def test_a_replica_that_is_killed_is_replaced_and_costs_no_more_than_its_own_requests(ray_server):
    wait_until(lambda: len(replicas_of(ray_server)) >= 2)
    before = replicas_of(ray_server)
    statuses: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            statuses.append(ray_server.rerank(documents=["a bear"] * 20).status_code)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        wait_until(lambda: len(statuses) > 40)
        os.kill(before[-1], signal.SIGKILL)
        wait_until(lambda: len(replicas_of(ray_server)) > len(before))
        so_far = len(statuses)
        wait_until(lambda: len(statuses) > so_far + 40)
    finally:
        stop.set()
        for client in clients:
            client.join(PATIENCE_S)
    # A client has one request in work at a time, so no more than four were lost.
    assert set(statuses) <= {200, 500, 503}
    assert sum(status != 200 for status in statuses) <= len(clients)
    assert set(statuses[-20:]) == {200}
