"""A server on Ray from its start to its end: keys, a new version, more replicas, and a stop.

All of it happens to one server, in this order, while clients keep asking.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml
from support.running import (
    PATIENCE_S,
    Running,
    clean_environment,
    file_of_ray,
    on_ray,
    replicas_of,
    running,
    traceback_in,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.ray,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="Ray on Windows is a beta"),
]

KEY = "my-secret"
# A cluster that is joined asks for the token that the one who started it has in ~/.ray.
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}


@pytest.fixture(scope="module")
def server(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = ("--model", f"tiny={tiny_folder}", "--threads", "1", "--max-replicas", "2")
    with on_ray(tmp_path_factory.mktemp("life"), *flags, JINGPAI_API_KEYS=KEY) as server:
        yield server


def rerank(server: Running, *, documents: int = 5, request_id: str = "alone") -> httpx.Response:
    body = {"query": "what is a panda", "documents": ["a giant bear"] * documents}
    headers = {"authorization": f"Bearer {KEY}", "x-request-id": request_id}
    url = f"{server.address}/v1/rerank"
    return httpx.post(url, json=body, headers=headers, timeout=PATIENCE_S)


@contextmanager
def clients(server: Running) -> Iterator[dict[str, object]]:
    """Ask all the time; yield what came of each request so far: its status, or an error."""
    outcomes: dict[str, object] = {}
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            request_id = str(uuid.uuid4())
            try:
                outcomes[request_id] = rerank(server, request_id=request_id).status_code
            except httpx.TransportError as error:
                outcomes[request_id] = error

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)


def test_only_who_has_the_key_is_answered(server):
    assert server.rerank().status_code == 401
    assert rerank(server).status_code == 200
    assert server.get("/health/ready").status_code == 200
    assert KEY not in server.log


def test_a_configuration_file_replaces_replicas_without_a_failed_request(
    server, tiny_folder, tmp_path
):
    config = Path(__file__).parents[2] / "deploy" / "ray" / "serve.yaml"
    described = yaml.safe_load(config.read_text("utf-8"))
    (application,) = described["applications"]
    application["args"] = {"models": [f"tiny={tiny_folder}"], "threads": 1, "max_documents": 5}
    scaling = application["deployments"][0]["autoscaling_config"]
    # Any request at all is too much for one replica.
    scaling["policy"]["policy_kwargs"] = {"tokens_a_replica": 1}
    scaling |= {"min_replicas": 1, "max_replicas": 2}
    scaling |= {"look_back_period_s": 11, "upscale_delay_s": 0}
    described["http_options"] |= {"host": "127.0.0.1", "port": server.port}
    changed = tmp_path / "serve.yaml"
    changed.write_text(yaml.safe_dump(described), "utf-8")
    before = len(replicas_of(server))
    with clients(server) as outcomes:
        deploy(changed, server)
        wait_until(lambda: rerank(server, documents=6).status_code == 413)
        # The one in place of the first, and another because tokens wait.
        wait_until(lambda: len(replicas_of(server)) >= before + 2)
        so_far = len(outcomes)
        wait_until(lambda: len(outcomes) > so_far + 20)
    assert set(outcomes.values()) == {200}


def address_of(server: Running) -> str:
    return f"127.0.0.1:{file_of_ray(server, 'gcs_server_port')}"


def deploy(config: Path, server: Running) -> None:
    """Hand a configuration file to the cluster of a server, as `serve deploy` does."""
    script = ["-m", "ray.serve.scripts", "run", "--non-blocking", "--address", address_of(server)]
    subprocess.run(
        [sys.executable, *script, str(config)],
        check=True,
        env=clean_environment(**TOKEN),
        timeout=PATIENCE_S,
    )


def test_a_cluster_that_serves_already_is_left_as_it_is(server, tmp_path):
    flags = ("--engine", "ray", "--address", address_of(server))
    with running(tmp_path, *flags, ready=False, **TOKEN) as second:
        assert second.process.wait(PATIENCE_S) == 2
        assert "a server called jingpai runs on this cluster" in second.log
    assert rerank(server).status_code == 200


def test_a_server_that_is_told_to_stop_answers_what_it_accepted(server):
    with clients(server) as outcomes:
        wait_until(lambda: len(outcomes) > 20)
        assert server.stop(signal.SIGTERM) == 0
    accepted = re.findall(r"POST /v1/rerank (\d+) .* id=(\S+)", server.log)
    received = [(status, str(outcomes[key])) for status, key in accepted if key in outcomes]
    assert len(received) > 20
    assert set(received) == {("200", "200")}
    # Who came too late was refused by Ray while it ended, or by the computer.
    assert {one for one in outcomes.values() if isinstance(one, int)} <= {200, 404}


def test_what_a_replica_cannot_do_ends_the_command_with_its_message(tiny_folder, tmp_path):
    flags = ("--engine", "ray", "--model", tiny_folder, "--max-memory", "1MB")
    with running(tmp_path, *flags, ready=False) as server:
        assert server.process.wait(PATIENCE_S) == 1
        assert "raise --max-memory" in server.log.splitlines()[-1]
        assert not traceback_in(server.log)
