"""`jingpai batch`, as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.batch_jobs import Folder, pair, write_numbered, write_objects
from typer.testing import CliRunner

from jingpai import Reranker
from jingpai.cli.app import app

COMMAND = [sys.executable, "-m", "jingpai", "batch"]


@pytest.fixture
def jingpai_batch(tmp_path, tiny_folder, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments, language="en"):
        runner = CliRunner(env={"JINGPAI_LANG": language, "COLUMNS": "200"})
        return runner.invoke(app, ["batch", *map(str, arguments), "-m", str(tiny_folder)])

    return invoke


def test_the_bundled_model_scores_a_file_as_it_scores_in_python(tmp_path, cache_of_its_own):
    rows = [
        {"query": "大熊猫主要吃什么?", "document": "竹子是大熊猫的主食。"},
        {"query": "大熊猫主要吃什么?", "document": "地铁六点发车。"},
        {"query": "what do pandas eat?", "document": "Pandas live on bamboo. " * 200},
    ]
    write_objects(tmp_path / "pairs.jsonl", rows)
    done = subprocess.run(
        [*COMMAND, "pairs.jsonl", "out", "--scale", "logit"],
        cwd=tmp_path,
        env=os.environ | {"JINGPAI_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("out: 3 of 3 rows, 3 pairs · 1 files in ")
    with Reranker(scale="logit") as reranker:
        expected = [reranker.score(row["query"], [row["document"]])[0] for row in rows]
    assert [row["score"] for row in Folder(tmp_path / "out").rows] == expected


def test_bad_rows_are_told_and_the_exit_code_says_so(jingpai_batch, tmp_path):
    write_objects(tmp_path / "pairs.jsonl", [pair(0), "x", pair(2)])
    result = jingpai_batch("pairs.jsonl", "out")
    assert result.exit_code == 3
    assert "out: 2 of 3 rows, 2 pairs" in result.stdout
    assert "1 rows have no score; out/_errors.jsonl says which and why" in result.stderr


def test_json_holds_the_counts_and_nothing_else(jingpai_batch, tmp_path):
    write_numbered(tmp_path / "pairs.jsonl", 12)
    first = jingpai_batch("pairs.jsonl", "out", "--json", "--shard-rows", "5")
    again = jingpai_batch("pairs.jsonl", "out", "--json", "--shard-rows", "5")
    assert (first.exit_code, first.stderr) == (0, "")
    reports = [json.loads(one.stdout) for one in (first, again)]
    assert [report["done_before"] for report in reports] == [0, 3]
    for report in reports:
        assert (report["rows"], report["scored"], report["errors"]) == (12, 12, None)
        assert report["ran_on"] == {"int8 on cpu": 3}


def test_what_was_done_before_is_told(jingpai_batch, tmp_path):
    write_numbered(tmp_path / "pairs.jsonl", 3)
    jingpai_batch("pairs.jsonl", "out")
    result = jingpai_batch("pairs.jsonl", "out", language="zh")
    assert "其中 1 个文件此前已完成" in result.stdout
    assert "3 行中的 3 行" in result.stdout


def test_columns_have_options(jingpai_batch, tmp_path):
    write_objects(tmp_path / "a.jsonl", [{"q": "x", "ds": ["y"]}])
    result = jingpai_batch(
        *("a.jsonl", "out", "--query-column", "q", "--documents-column", "ds", "--prefix", "p_")
    )
    assert result.exit_code == 0
    (row,) = Folder(tmp_path / "out").rows
    assert list(row) == ["q", "ds", "p_scores", "p_ranks", "p_span_starts", "p_span_ends"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pairs.jsonl", "out", "--workers", "2"), "--workers is for Ray; add --engine ray"),
        (("pairs.jsonl", "out", "--address", "auto"), "--address is for Ray"),
        (("pairs.jsonl", "out", "--engine", "ray", "--workers", "0"), "workers: got 0"),
        (("pairs.jsonl", "out", "--shard-rows", "0"), "shard_rows: got 0"),
        (("pairs.jsonl", "out", "--batch-tokens", "0"), "--batch-tokens"),
        (("pairs.jsonl", "out", "--threads", "-1"), "--threads"),
        (("pairs.jsonl", "out", "--query-column", "q"), "no column 'q'"),
        (("pairs.jsonl", "out", "--calibration", "none.json"), "none.json: no such file"),
        (("nothing.csv", "out"), "nothing.csv: no such file"),
    ],
)
def test_what_cannot_be_used_is_told(jingpai_batch, tmp_path, arguments, message):
    write_numbered(tmp_path / "pairs.jsonl", 3)
    result = jingpai_batch(*arguments)
    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert result.stdout == ""
    assert Folder(tmp_path / "out").parts == {}


@pytest.mark.parametrize(
    ("package", "arguments", "command"),
    [
        ("pyarrow", (), 'pip install "jingpai[batch]"'),
        ("ray", ("--engine", "ray"), 'pip install "jingpai[ray]"'),
    ],
)
def test_without_the_packages_the_command_that_installs_them_is_named(
    tmp_path, tiny_folder, package, arguments, command
):
    write_numbered(tmp_path / "pairs.jsonl", 1)
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / f"{package}.py").write_text(f"raise ModuleNotFoundError('{package}')\n")
    paths = os.pathsep.join([str(shadow), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*COMMAND, "pairs.jsonl", "out", "-m", str(tiny_folder), *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert command in done.stderr


def test_a_log_says_how_far_the_job_is(capsys, monkeypatch):
    from jingpai.cli.terminal.batch_progress import job_progress

    monkeypatch.setenv("JINGPAI_LANG", "en")
    with job_progress(every_s=0) as told:
        told.planning(5, 10)
        told.scoring(2000, 10_000)
        told.scoring(4000, 10_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "scoring: 2,000 of 10,000 rows"
    assert lines[1].startswith("scoring: 4,000 of 10,000 rows, ")
    assert lines[1].endswith(" left")
    assert len(lines) == 2
