"""`jingpai bench`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from jingpai.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("--documents", "2", "--tokens", "64", "--seconds", "0.01")


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str | Path, **env: str):
        return CliRunner(env=environment | env).invoke(
            app, ["bench", *(str(one) for one in arguments)]
        )

    return invoke


def test_the_table_has_a_line_for_every_combination(run, model_folder):
    result = run("--model", model_folder, *QUICK, "--tokens", "64,96", "--concurrency", "1,2")
    assert (result.exit_code, result.stderr) == (0, "")
    heading, _, *lines = result.stdout.splitlines()
    assert heading.split()[:4] == ["documents", "tokens", "threads", "pairs/s"]
    assert [line.split()[:3] for line in lines[:4]] == [
        ["2", tokens, threads] for tokens in ("64", "96") for threads in ("1", "2")
    ]
    assert "tiny-reranker on cpu (int8)" in lines[4]
    assert "ceiling: " in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()[:6]) <= 80


def test_the_table_is_chinese_too(run, model_folder):
    shown = run("--model", model_folder, *QUICK, JINGPAI_LANG="zh").stdout
    assert "对/秒" in shown
    assert "极限：" in shown


def test_json_holds_the_report_and_nothing_else(run, model_folder):
    result = run("--model", model_folder, *QUICK, "--json", "--precision", "fp32")
    report = json.loads(result.stdout)
    assert (report["model"], report["precision"]) == ("tiny-reranker", "fp32")
    (cell,) = report["cells"]
    assert (cell["documents"], cell["tokens"], cell["concurrency"]) == (2, 64, 1)
    assert cell["requests"] >= 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--documents", "0"), "--documents: got '0'"),
        (("--documents", "-3"), "--documents: got '-3'"),
        (("--tokens", "32,,64"), "--tokens: got '32,,64'"),
        (("--tokens", "many"), "whole numbers from 1, with commas between them: --tokens 32,128"),
        (("--concurrency", "1.5"), "--concurrency: got '1.5'"),
        (("--tokens", "512"), "tokens: got 512, but tiny-reranker reads at most 128"),
        (("--tokens", "9"), "tokens: got 9, but the query"),
        (("--seconds", "0"), "seconds: got 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(run, model_folder, arguments, message):
    result = run("--model", model_folder, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_an_unknown_model_is_named(run):
    result = run("--model", "bge-reranker-v2-m4")
    assert result.exit_code == 1
    assert "Did you mean BAAI/bge-reranker-v2-m3" in result.stderr


def test_the_output_folder_holds_report_and_picture(run, model_folder, tmp_path):
    pytest.importorskip("matplotlib")
    result = run("--model", model_folder, *QUICK, "--output", tmp_path / "a" / "b")
    assert result.exit_code == 0
    folder = tmp_path / "a" / "b"
    assert {path.name for path in folder.iterdir()} == {"report.json", "report.md", "plot.svg"}
    assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["schema"] == 1
    assert "| 2 | 64 | 1 |" in (folder / "report.md").read_text(encoding="utf-8")


def test_an_output_folder_that_is_a_file_is_refused(run, model_folder, tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("")
    result = run("--model", model_folder, *QUICK, "--output", tmp_path / "file")
    assert result.exit_code == 2
    assert "is a file; name a folder" in result.stderr


def test_without_matplotlib_the_command_that_installs_it_is_named(
    jingpai, environment, model_folder, tmp_path
):
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "matplotlib.py").write_text("raise ModuleNotFoundError('matplotlib')\n")
    paths = os.pathsep.join([str(shadow), environment["PYTHONPATH"]])
    result = jingpai(
        "bench", "--model", model_folder, *QUICK, "--output", "out", env={"PYTHONPATH": paths}
    )
    assert result.returncode == 1
    assert 'pip install "jingpai[bench]"' in result.stderr
    assert not (tmp_path / "out").exists()
