"""`jingpai train`."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasets")
pytest.importorskip("accelerate")
pytest.importorskip("ir_measures")

from support.tiny_field import write_field, write_lines
from support.tiny_models import write_tiny_two_segment
from typer.testing import CliRunner

from jingpai import Reranker
from jingpai.cli.app import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tiny_two_segment(tmp_path / "parent")
    write_field(tmp_path / "pairs.csv", queries=60)
    environment = {"JINGPAI_LANG": "en", "COLUMNS": "100"}

    def invoke(*arguments: str, **env: str):
        return CliRunner(env=environment | env).invoke(app, ["train", *arguments])

    return invoke


FAST = ("--model", "parent", "--learning-rate", "1e-3")


def test_it_tells_the_checks_and_the_comparison_and_writes_the_model(run, tmp_path):
    result = run("pairs.csv", "tuned", *FAST)
    assert result.exit_code == 0, result.output
    first, *others = result.stderr.splitlines()
    assert first.startswith("parent: nDCG@10 of the queries held out 0.")
    assert all(line.startswith("step ") for line in others)
    heading, _, ndcg, *_ = result.stdout.splitlines()
    assert heading.split() == ["measure", "parent", "trained", "gain", "p"]
    assert ndcg.split()[0] == "nDCG@10"
    assert "6 queries that were not learnt from · trained on 48, 6 to steer" in result.stdout
    assert "tuned holds the model and its card: Reranker('tuned')" in result.stdout
    with Reranker("tuned") as reranker:
        assert len(reranker.rank("what", ["a yes", "a no"])) == 2


def test_it_speaks_chinese(run):
    result = run("pairs.csv", "tuned", *FAST, "--epochs", "1", JINGPAI_LANG="zh")
    assert result.stderr.startswith("原模型：留出查询的 nDCG@10 为")
    assert "保留第" in result.stdout


def test_json_holds_the_checks_and_the_evaluation(run):
    result = run("pairs.csv", "tuned", *FAST, "--epochs", "1", "--json")
    found = json.loads(result.stdout)
    assert found["queries"] == {"train": 48, "check": 6, "measured": 6}
    assert [model["name"] for model in found["evaluation"]["models"]] == ["parent", "tuned"]


def test_collapse_ends_it_with_the_reason_and_no_model(run, tmp_path):
    result = run("pairs.csv", "tuned", "--model", "parent", "--learning-rate", "30")
    assert result.exit_code == 1
    assert "No model was written. Try a lower --learning-rate" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.csv", "parent"]


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from jingpai.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no limits on the size of files")
def test_a_full_disk_ends_it_cleanly_and_the_run_goes_on_when_there_is_room(run, tmp_path):
    arguments = ("train", "pairs.csv", "tuned", *FAST)
    full = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"JINGPAI_LANG": "en"},
        check=False,
    )
    assert full.returncode == 1, full.stderr
    assert "Look whether the disk is full" in full.stderr
    assert "Traceback" not in full.stderr
    assert not (tmp_path / "tuned").exists()
    assert run("pairs.csv", "tuned", *FAST, "--resume").exit_code == 0
    assert not (tmp_path / "tuned.unfinished").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("query,text,label\nq,d,1\n", "bad.csv:1: no column 'document'"),
        ("query,document,label\nq,d,high\n", "bad.csv:2: 'label' must be a whole number"),
        ("query,document,label\nq,d\n", "bad.csv:2: 2 fields"),
    ],
)
def test_a_wrong_line_is_told_and_nothing_is_left_behind(run, tmp_path, content, message):
    (tmp_path / "bad.csv").write_text(content, encoding="utf-8")
    result = run("bad.csv", "tuned", *FAST)
    assert result.exit_code == 2
    assert message in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.csv", "pairs.csv", "parent"]


def test_columns_have_any_name(run, tmp_path):
    text = (tmp_path / "pairs.csv").read_text(encoding="utf-8")
    renamed = text.replace("query,document,label", "ask,passage,good", 1)
    (tmp_path / "pairs.csv").write_text(renamed, encoding="utf-8")
    names = ("--query-column", "ask", "--document-column", "passage", "--label-column", "good")
    assert run("pairs.csv", "tuned", *FAST, *names, "--epochs", "1").exit_code == 0


def test_flagembedding_lines_are_known_by_their_keys(run, tmp_path):
    lines = [
        {"query": f"q {n}", "pos": [f"a yes {n}"], "neg": [f"b no {n}", f"c no {n}"]}
        for n in range(30)
    ]
    write_lines(tmp_path / "train.jsonl", *lines)
    result = run("train.jsonl", "tuned", *FAST, "--negatives", "2", "--epochs", "1")
    assert result.exit_code == 0, result.output
    assert "3 queries that were not learnt from" in result.stdout
