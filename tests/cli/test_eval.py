"""`jingpai eval`."""

from __future__ import annotations

import json
import os

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")

from typing import TYPE_CHECKING

from support.evaluation_data import write_pairs

from jingpai.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pairs(tmp_path / "pairs.csv", queries=6)

    def invoke(*arguments: str | Path, **env: str):
        return CliRunner(env=environment | env).invoke(
            app, ["eval", *(str(one) for one in arguments)]
        )

    return invoke


def test_the_table_has_every_measure_before_and_after(run, model_folder):
    result = run("pairs.csv", "-m", model_folder)
    assert (result.exit_code, result.stderr) == (0, "")
    heading, _, *lines = result.stdout.splitlines()
    assert heading.split() == ["measure", "before", "after", "gain", "p"]
    names = [line.split()[0] for line in lines[:5]]
    assert names == ["nDCG@10", "MRR@10", "MAP", "recall@10", "precision@10"]
    # The relevant one of three comes last in the file.
    assert lines[1].split()[1] == "0.333"
    assert "tiny-reranker on cpu (int8), 18 pairs" in result.stdout
    assert "6 queries of pairs.csv, before: input order" in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 80


def test_the_table_is_chinese_too(run, model_folder):
    shown = run("pairs.csv", "-m", model_folder, JINGPAI_LANG="zh").stdout
    assert "重排前" in shown
    assert "输入顺序" in shown


def test_json_holds_the_report_and_nothing_else(run, model_folder):
    result = run("pairs.csv", "-m", model_folder, "--json", "--at", "1,2", "--queries", "4")
    report = json.loads(result.stdout)
    assert report["queries"] == 4
    assert report["measures"][:2] == ["nDCG@1", "MRR@1"]
    assert [model["name"] for model in report["models"]] == ["tiny-reranker"]


def test_judgements_of_documents_that_are_not_there_are_told(run, model_folder, tmp_path):
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("q\td\t1\nq\tgone\t1\n", encoding="utf-8")
    (tmp_path / "corpus.ndjson").write_text('{"_id": "d", "text": "x"}\n', encoding="utf-8")
    (tmp_path / "queries.tsv").write_text("q\twhat\n", encoding="utf-8")
    (tmp_path / "first.run").write_text("q Q0 d 1 1 x\n", encoding="utf-8")
    for order in (("--run", "first.run"), ("--first-stage", "embedder")):
        result = run(".", "-m", model_folder, *order, "--json")
        assert json.loads(result.stdout)["judged_not_in_corpus"] == 1
        assert "1 judged documents are not in the corpus; those that are" in result.stderr
        shown = run(".", "-m", model_folder, *order, JINGPAI_LANG="zh")
        assert "语料中没有 1 篇标注过的文档" in shown.stderr


def test_a_page_is_written_with_its_scores_beside_it(run, model_folder, tmp_path):
    pytest.importorskip("matplotlib")
    first = run("pairs.csv", "-m", model_folder, "--html", "report.html", JINGPAI_LANG="zh")
    assert (first.exit_code, first.stderr) == (0, "")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<html lang="zh-CN">')
    assert "重排前后" in page
    names = {path.name for path in tmp_path.iterdir()}
    assert {"report.html", "report.kept"} <= names
    assert not [name for name in names if name.startswith(".report")]
    again = run("pairs.csv", "-m", model_folder, "--html", "report.html", "--json")
    assert json.loads(again.stdout)["models"][0]["latency_ms"]["p50"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pairs.csv", "--label-column", "grade"), "pairs.csv:1: no column 'grade'"),
        (("pairs.csv", "--encoding", "utf-32"), "pairs.csv:1: not UTF-32"),
        (("pairs.csv", "--encoding", "klingon"), "--encoding: got 'klingon'"),
        (("pairs.csv", "--at", "0"), "--at: got '0'"),
        (("pairs.csv", "--depth", "0"), "depth: got 0"),
        (("pairs.csv", "--run", "x.run"), "is no folder"),
        (("missing.csv",), "missing.csv: no such file"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_left_behind(
    run, model_folder, tmp_path, arguments, message
):
    result = run(*arguments, "-m", model_folder, "--html", "report.html")
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "report.html").exists()


def test_without_the_packages_the_command_that_installs_them_is_named(
    jingpai, environment, model_folder, tmp_path
):
    write_pairs(tmp_path / "pairs.csv", queries=2)
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "ir_measures.py").write_text("raise ModuleNotFoundError('ir_measures')\n")
    paths = os.pathsep.join([str(shadow), environment["PYTHONPATH"]])
    result = jingpai("eval", "pairs.csv", "-m", model_folder, env={"PYTHONPATH": paths})
    assert result.returncode == 1
    assert 'pip install "jingpai[evaluation]"' in result.stderr
