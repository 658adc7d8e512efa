"""`jingpai calibrate`, and `jingpai rank` with what it writes."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

pytest.importorskip("sklearn")

from support.evaluation_data import write_pairs

from jingpai.cli.app import app


@pytest.fixture
def run(environment, model_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pairs(tmp_path / "pairs.csv", queries=40)
    write_pairs(tmp_path / "few.csv", queries=6)

    def invoke(command: str, *arguments: str, stdin: str | None = None, lang="en"):
        return CliRunner(env=environment | {"JINGPAI_LANG": lang}).invoke(
            app, [command, *arguments, "-m", str(model_folder)], input=stdin
        )

    return invoke


def test_the_file_makes_scores_of_rank_calibrated(run, tmp_path):
    result = run("calibrate", "pairs.csv", "--output", "c.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "expected calibration error" in result.stdout
    assert "c.json: for tiny-reranker, from 120 pairs, 40 of them relevant" in result.stdout
    content = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert (content["method"], content["facts"]["pairs"]) == ("logistic", 120)
    ranked = run("rank", "q", "--calibration", "c.json", "--json", stdin="a\nb\n")
    answer = json.loads(ranked.stdout)
    assert answer["scale"] == "calibrated"
    assert all(0 < one["score"] < 1 for one in answer["results"])
    assert "calibrated scores" in run("rank", "q", "--calibration", "c.json", stdin="a\n").stdout


def test_a_threshold_on_too_few_labels_names_the_number_needed(run):
    result = run(
        "calibrate", "pairs.csv", "-o", "c.json", "--for-precision", "0.99", "--for-recall", "0.9"
    )
    assert result.exit_code == 0
    assert "precision 0.99: no threshold" in result.stdout
    assert "recall 0.9: " in result.stdout
    result = run("calibrate", "pairs.csv", "-o", "c.json", "--for-recall", "0.9", lang="zh")
    assert "期望校准误差" in result.stdout


def test_json_and_page_say_the_same(run, tmp_path):
    pytest.importorskip("matplotlib")
    result = run("calibrate", "pairs.csv", "-o", "c.json", "--json", "--html", "c.html")
    assert json.loads(result.stdout) == json.loads((tmp_path / "c.json").read_text("utf-8"))
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("few.csv",), "6 of 18 are relevant, and logistic calibration needs at least 30"),
        (("pairs.csv", "--method", "isotonic"), "--method logistic will do"),
        (("pairs.csv", "--for-precision", "1.5"), "--for-precision: got 1.5"),
        (("pairs.csv", "--label-column", "x"), "pairs.csv:1: no column 'x'"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_and_leaves_no_file(run, tmp_path, arguments, message):
    result = run("calibrate", *arguments, "--output", "c.json")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "c.json").exists()


def test_a_file_for_another_model_is_refused(run, tmp_path):
    assert run("calibrate", "pairs.csv", "-o", "c.json").exit_code == 0
    content = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    content["fingerprint"] = "0" * 40
    (tmp_path / "c.json").write_text(json.dumps(content), encoding="utf-8")
    result = run("rank", "q", "--calibration", "c.json", stdin="a\n")
    assert result.exit_code == 2
    assert "calibration: it is for tiny-reranker with fingerprint 000000000000" in result.stderr
