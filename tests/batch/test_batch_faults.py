"""What breaks a job from outside: no row is lost, none is scored twice, and the manifest tells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.batch_jobs import damage, pair, write_numbered, write_objects, write_parquet

from jingpai import BackendFailed, InvalidInput, StorageFailed

PATIENCE_S = 60


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def jingpai_batch(tiny_folder, run, tmp_path):
    """Start `jingpai batch` on the tiny model, whose graph is made before."""
    run(write_numbered(tmp_path / "first.jsonl", 1), tmp_path / "first")

    def start(*arguments: str | Path, **given) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "jingpai", "batch", *map(str, arguments)]
        return subprocess.Popen(
            [*command, "--model", str(tiny_folder), "--shard-rows", "10"],
            env=os.environ | {"JINGPAI_LANG": "en"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **given,
        )

    return start


@pytest.fixture
def at_once(run, tmp_path):
    """The parts that a job of one undisturbed run has."""

    def parts(source: Path) -> dict[str, bytes]:
        run(source, tmp_path / "at once")
        return {
            path.name: path.read_bytes() for path in sorted((tmp_path / "at once").glob("part-*"))
        }

    return parts


def test_a_driver_that_is_killed_in_the_middle_of_a_shard_goes_on_with_it(
    run, out, tmp_path, tiny_folder, at_once
):
    source, marker = write_numbered(tmp_path / "pairs.jsonl", 35), tmp_path / "marker"
    script = Path(__file__).parents[1] / "support" / "hanging_job.py"
    # A shard has one batch, so this one is of the third.
    arguments = [sys.executable, script, "local", source, out.path, tiny_folder, marker, "3"]
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        env=os.environ | {"PYTHONPATH": str(script.parents[1])},
    )
    wait_for(marker, process)
    os.kill(int(marker.read_text()), signal.SIGKILL)
    assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert list(out.parts) == ["part-0000000.jsonl", "part-0000001.jsonl"]
    assert out.manifest["state"] == "running"

    outcome = run(source)
    assert outcome.done_before == 2
    assert out.parts == at_once(source)
    assert [row["id"] for row in out.rows] == list(range(35))
    manifest = out.manifest
    assert [one["outcome"] for one in manifest["runs"]] == ["killed", "finished"]
    assert manifest["totals"]["repeated"] == 1
    assert [out.shard(index)["attempts"] for index in range(4)] == [1, 1, 2, 1]
    assert not [name for name in out.files if name.startswith("_temporary")]


def test_a_shard_that_kills_whoever_scores_it_is_given_up(run, out, tmp_path):
    source = write_numbered(tmp_path / "pairs.jsonl", 15)
    killed = out.path / "_temporary" / "0000001"
    killed.mkdir(parents=True)
    for number in range(5):
        (killed / f"part-0000001.jsonl.{number}").write_bytes(b"")
    with pytest.raises(BackendFailed, match=r"5 processes were killed.*pairs.jsonl, from 11"):
        run(source)
    assert list(out.parts) == ["part-0000000.jsonl"]
    assert run(source).totals.scored == 15


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits the size of files")
def test_a_full_disk_leaves_nothing_half_written_and_the_next_run_goes_on(
    jingpai_batch, run, out, tmp_path, at_once
):
    import resource

    values = [pair(number) for number in range(30)]
    for value in values[10:]:
        value["ballast"] = "x" * 10_000
    source = write_objects(tmp_path / "pairs.jsonl", values)
    process = jingpai_batch(
        source,
        out.path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "part-0000001.jsonl cannot be written (File too large)" in stderr
    assert "Traceback" not in stderr
    assert list(out.parts) == ["part-0000000.jsonl"]
    assert out.files == ["_manifest.json", "_shards/0000000.json", "part-0000000.jsonl"]
    assert out.manifest["state"] == "stopped"
    assert "File too large" in out.manifest["runs"][0]["outcome"]

    assert run(source).done_before == 1
    assert out.parts == at_once(source)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_ctrl_c_says_how_to_go_on(jingpai_batch, run, out, tmp_path, at_once):
    source = write_numbered(tmp_path / "pairs.jsonl", 1000)
    process = jingpai_batch(source, out.path)
    wait_for(out.path / "_shards" / "0000001.json", process)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "run the same command again to go on" in stderr
    assert "Traceback" not in stderr
    assert out.manifest["runs"][0]["outcome"] == "interrupted"
    assert not [name for name in out.files if name.startswith("_temporary")]

    again = jingpai_batch(source, out.path)
    stdout, stderr = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, stderr
    assert "1000 of 1000 rows" in stdout
    assert "were there from before" in stdout
    assert out.parts == at_once(source)


def test_a_damaged_row_group_is_told_and_the_others_are_scored(run, out, tmp_path):
    source = write_parquet(tmp_path / "pairs.parquet", 45)
    damage(source, group=1)
    outcome = run(source, shard_rows=100)
    (error,) = out.errors
    assert error.pop("reason").startswith("row group 1 is damaged (")
    assert error == {"file": "pairs.parquet", "row": 15, "last_row": 29, "rows": 15}
    totals = outcome.totals
    assert (totals.rows, totals.scored, totals.bad) == (45, 30, 15)
    documents = pq.read_table(out.path)["document"].to_pylist()
    assert documents == [pair(n)["document"] for n in (*range(15), *range(30, 45))]
    assert out.manifest["totals"]["bad"] == 15


def test_a_damaged_row_group_that_is_cut_into_shards_is_told_by_each(run, out, tmp_path):
    source = write_parquet(tmp_path / "pairs.parquet", 45)
    damage(source, group=1)
    run(source, shard_rows=8)
    assert [(error["row"], error["last_row"]) for error in out.errors] == [(15, 21), (22, 29)]
    assert pq.read_table(out.path).num_rows == 30


def test_a_file_that_is_gone_under_way_is_no_damaged_one(run, out, tmp_path):
    from jingpai.batch.job import LocalExecutor

    source = write_parquet(tmp_path / "pairs.parquet", 45)

    class Remover(LocalExecutor):
        def run(self, work, shards, *, rows_done):
            source.unlink()
            return super().run(work, shards, rows_done=rows_done)

    with pytest.raises((StorageFailed, InvalidInput)):
        run(source, engine=Remover())
    assert out.manifest["totals"]["bad"] == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_may_not_be_written_is_told(run, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(StorageFailed, match="cannot be written"):
        run(write_numbered(tmp_path / "pairs.jsonl", 1), tmp_path / "locked" / "out")
