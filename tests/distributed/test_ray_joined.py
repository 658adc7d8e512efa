"""A cluster that somebody else runs: jobs and a server join it, and leave it as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("ray.cluster_utils")

from support.batch_jobs import Folder, write_numbered
from support.running import (
    PATIENCE_S,
    clean_environment,
    free_port,
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

NODES = Path(__file__).parents[1] / "support" / "two_nodes.py"
# The proxies of both nodes listen on one computer here.
ENV: dict[str, Any] = {"SERVE_SOCKET_REUSE_PORT_ENABLED": "1", "RAY_AUTH_MODE": "disabled"}
ROWS, SHARD_ROWS = 400, 10


class Cluster:
    """Two nodes with a core each."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process = process
        self.address = process.stdout.readline().strip()

    def lose_a_node(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "a node died\n"


@contextmanager
def started(folder: Path) -> Iterator[Cluster]:
    with (folder / "cluster.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(NODES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=clean_environment(**ENV),
        )
    try:
        yield Cluster(process)
    finally:
        process.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def batch(source: Path, output: Path, model: Path, *flags: str) -> subprocess.Popen[str]:
    settings = ("-m", model, "--shard-rows", SHARD_ROWS, "--threads", 1, "--json")
    return subprocess.Popen(
        [sys.executable, "-m", "jingpai", "batch", *map(str, (source, output, *settings)), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(**ENV),
    )


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    return json.loads(out)


def test_workers_on_two_nodes_write_the_files_of_a_local_run(cluster, tiny_folder, tmp_path):
    source = write_numbered(tmp_path / "pairs.jsonl", 45)
    local = finished(batch(source, tmp_path / "local", tiny_folder))
    flags = ("--engine", "ray", "--address", cluster.address, "--workers", "2")
    joined = finished(batch(source, tmp_path / "joined", tiny_folder, *flags))
    assert joined["scored"] == local["scored"] == 45
    assert Folder(tmp_path / "joined").parts == Folder(tmp_path / "local").parts


def test_a_server_joins_and_leaves_the_cluster_to_others(cluster, tiny_folder, tmp_path):
    flags = ("--engine", "ray", "--address", cluster.address, "--model", f"tiny={tiny_folder}")
    for _ in range(2):  # after the first, the cluster is as it was
        with running(tmp_path, *flags, "--threads", "1", "--replicas", "2", **ENV) as server:
            wait_until(lambda: "try it:" in server.log)
            reply = server.rerank()
            assert reply.status_code == 200
            assert reply.json()["model"] == "tiny"
            assert server.stop() == 0
            assert not traceback_in(server.log)


def test_a_job_goes_on_when_a_node_dies(tiny_folder, tmp_path):
    source = write_numbered(tmp_path / "pairs.jsonl", ROWS)
    output = tmp_path / "joined"
    with started(tmp_path) as cluster:
        flags = ("--engine", "ray", "--address", cluster.address, "--workers", "2")
        job = batch(source, output, tiny_folder, *flags)
        wait_until(lambda: len(list((output / "_shards").glob("*.json"))) > 2)
        cluster.lose_a_node()
        assert finished(job)["scored"] == ROWS
    finished(batch(source, tmp_path / "local", tiny_folder))
    assert Folder(output).parts == Folder(tmp_path / "local").parts


@pytest.mark.parametrize("command", [["batch", "pairs.jsonl", "scored"], ["serve"]])
def test_an_address_where_nobody_listens_is_told_at_once(command, tmp_path):
    write_numbered(tmp_path / "pairs.jsonl", 5)
    address = f"127.0.0.1:{free_port()}"
    done = subprocess.run(
        [sys.executable, "-m", "jingpai", *command, "--engine", "ray", "--address", address],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1
    assert f"error: the cluster at {address} does not answer (" in done.stderr
    assert "`ray status` on one of its machines says its address" in done.stderr
    assert not traceback_in(done.stderr)
