"""Jobs on Ray: the same files as a local run writes, whatever happens to the workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("ray.data")

from support.batch_jobs import Folder, damage, pair, write_numbered, write_objects, write_parquet
from support.hanging_model import open_hanging, open_limited
from typer.testing import CliRunner

from jingpai import InvalidInput, StorageFailed
from jingpai.batch.job import JobOutcome, LocalExecutor, run_batch
from jingpai.batch.settings import BatchSettings
from jingpai.cli.app import app
from jingpai.distributed.batch import RayExecutor, require_ray

pytestmark = [
    pytest.mark.ray,
    # Of Ray itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.skipif(sys.platform == "win32", reason="Ray on Windows is a beta"),
]

HELPERS = Path(__file__).parent.parent
PATIENCE_S = 90


@pytest.fixture(scope="module", autouse=True)
def ray(cache_of_its_own):
    """A Ray with two cores, whose workers find the helpers of these tests."""
    ray = require_ray(starts_ray=True)
    ray.init(
        "local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=80 << 20,
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": str(HELPERS)}},
    )
    yield ray
    ray.shutdown()


@pytest.fixture
def run(tiny_folder, tmp_path):
    def run_with(source: Path, name: str, engine=None, **given) -> tuple[JobOutcome, Folder]:
        settings = BatchSettings(model=str(tiny_folder), shard_rows=10, threads=1, **given)
        outcome = run_batch(
            str(source), str(tmp_path / name), settings=settings, engine=engine or LocalExecutor()
        )
        return outcome, Folder(tmp_path / name)

    return run_with


def write_mixed(path: Path) -> Path:
    """Pairs with a few bad rows between them."""
    return write_objects(path, [pair(n) if n % 9 else '{"query": 3}' for n in range(45)])


def write_damaged(path: Path) -> Path:
    write_parquet(path, 60)
    damage(path, group=1)
    return path


def wait_for(path: Path) -> int:
    """The process that the hanging model is in."""
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return int(path.read_text())


@pytest.mark.parametrize(
    ("name", "write", "numbers"),
    [("pairs.jsonl", write_mixed, (1, 2)), ("pairs.parquet", write_damaged, (2,))],
)
def test_one_and_two_workers_write_the_files_of_a_local_run(run, tmp_path, name, write, numbers):
    source = write(tmp_path / name)
    expected, local = run(source, "local")
    assert expected.totals.bad > 0
    for workers in numbers:
        outcome, made = run(source, f"ray {workers}", RayExecutor(workers=workers))
        assert made.parts == local.parts
        assert made.errors == local.errors
        assert outcome.totals == expected.totals
        assert made.manifest["runs"][0]["engine"] == "ray"


def test_a_worker_that_is_killed_in_the_middle_of_a_shard_is_replaced(tiny_folder, run, tmp_path):
    source, marker = write_numbered(tmp_path / "pairs.jsonl", 45), tmp_path / "marker"
    killer = subprocess.Popen(
        [sys.executable, str(HELPERS / "support" / "killer.py"), str(marker), str(PATIENCE_S)]
    )
    outcome = run_batch(
        str(source),
        str(tmp_path / "out"),
        settings=BatchSettings(model=str(tiny_folder), shard_rows=10, threads=1),
        engine=RayExecutor(workers=1),
        # A shard has one batch, so this one is of the third.
        open_model=partial(open_hanging, marker=marker, after=3),
    )
    assert killer.wait() == 0
    _, local = run(source, "local")
    made = Folder(tmp_path / "out")
    assert made.parts == local.parts
    assert outcome.totals.scored == 45
    assert outcome.totals.repeated == 1
    assert sorted(made.shard(index)["attempts"] for index in range(5)) == [1, 1, 1, 1, 2]


def test_a_driver_that_is_killed_takes_its_ray_along_and_the_job_goes_on(
    tiny_folder, run, tmp_path
):
    source, marker = write_numbered(tmp_path / "pairs.jsonl", 45), tmp_path / "marker"
    arguments = ("ray", source, tmp_path / "out", tiny_folder, marker, 3)
    driver = subprocess.Popen(
        [sys.executable, str(HELPERS / "support" / "hanging_job.py"), *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(HELPERS)},
    )
    worker = wait_for(marker)
    assert worker != driver.pid
    driver.kill()
    driver.wait()
    deadline = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    made = Folder(tmp_path / "out")
    assert made.manifest["state"] == "running"
    assert len(made.parts) == 2

    settings = BatchSettings(model=str(tiny_folder), shard_rows=10)
    outcome = run_batch(
        str(source), str(tmp_path / "out"), settings=settings, engine=RayExecutor(workers=2)
    )
    _, local = run(source, "local")
    assert outcome.done_before == 2
    assert made.parts == local.parts
    assert [one["outcome"] for one in made.manifest["runs"]] == ["killed", "finished"]


def test_what_a_worker_cannot_do_is_told_by_the_driver_and_not_tried_again(run, tmp_path):
    source = write_numbered(tmp_path / "pairs.jsonl", 15)
    with pytest.raises(InvalidInput, match="max_tokens: got 1000000"):
        run(source, "out", RayExecutor(workers=1), max_tokens=1_000_000)
    manifest = Folder(tmp_path / "out").manifest
    assert manifest["state"] == "stopped"
    assert manifest["runs"][0]["outcome"].startswith("InvalidInput: max_tokens")


def test_a_full_disk_under_a_worker_stops_the_job_and_the_next_run_goes_on(
    tiny_folder, run, tmp_path
):
    values = [pair(number) for number in range(30)]
    for value in values[10:]:
        value["ballast"] = "x" * 100_000
    source = write_objects(tmp_path / "pairs.jsonl", values)
    settings = BatchSettings(model=str(tiny_folder), shard_rows=10, threads=1)
    job = partial(run_batch, str(source), str(tmp_path / "out"), settings=settings)
    with pytest.raises(StorageFailed, match="cannot be written"):
        job(engine=RayExecutor(workers=1), open_model=open_limited)
    made = Folder(tmp_path / "out")
    assert list(made.parts) == ["part-0000000.jsonl"]
    assert job().done_before == 1
    assert made.parts == run(source, "local")[1].parts


def test_the_command_runs_on_ray_with_paths_that_count_from_its_own_folder(
    tiny_folder, run, tmp_path, monkeypatch
):
    source = write_mixed(tmp_path / "pairs.jsonl")
    monkeypatch.chdir(tmp_path)
    arguments = ["--engine", "ray", "--workers", "1", "--shard-rows", "10", "--json"]
    result = CliRunner(env={"JINGPAI_LANG": "en"}).invoke(
        app, ["batch", "pairs.jsonl", "out", "-m", os.path.relpath(tiny_folder), *arguments]
    )
    assert result.exit_code == 3, result.stderr
    assert result.stderr == ""
    report = json.loads(result.stdout)
    assert (report["rows"], report["scored"], report["bad"]) == (45, 40, 5)
    assert Folder(tmp_path / "out").parts == run(source, "local")[1].parts


def test_a_ray_that_does_not_start_is_told_in_a_line(tmp_path):
    write_objects(tmp_path / "pairs.jsonl", [pair(0)])
    done = subprocess.run(
        [sys.executable, "-m", "jingpai", "batch", "pairs.jsonl", "scored", "--engine", "ray"],
        cwd=tmp_path,
        env={**os.environ, "RAY_TMPDIR": str(tmp_path / "pairs.jsonl"), "JINGPAI_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1
    assert "error: Ray does not start on this computer (" in done.stderr
    assert "Traceback" not in done.stderr
