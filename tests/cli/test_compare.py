"""`jingpai compare`."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from rich.cells import cell_len
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")

from support.evaluation_data import write_pairs

from jingpai.cli.app import app


@pytest.fixture
def other_folder(model_folder, tmp_path):
    """The same model with its last step turned around: it prefers what the other does not."""
    folder = tmp_path / "other-reranker"
    shutil.copytree(model_folder, folder)
    weights = load_file(folder / "model.safetensors")
    weights["classifier.out_proj.weight"] = -weights["classifier.out_proj.weight"]
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_pairs(tmp_path / "pairs.csv", queries=6)

    def invoke(*arguments, lang="en"):
        return CliRunner(env=environment | {"JINGPAI_LANG": lang}).invoke(
            app, ["compare", *map(str, arguments)]
        )

    return invoke


def test_opposite_models_disagree_wholly(run, model_folder, other_folder):
    found = json.loads(run(model_folder, other_folder, "pairs.csv", "--json", "-k", 2).stdout)
    assert found["models"] == ["tiny-reranker", "other-reranker"]
    assert (found["queries"], found["same_first"]) == (6, 0.0)
    assert found["agreement"] == pytest.approx(-1, abs=1e-6)
    assert len(found["disagreements"]) == 2
    places = np.array([one["places"] for one in found["disagreements"][0]["documents"]])
    assert (places.sum(axis=1) == 4).all()  # first of three and last, last and first


def test_the_table_shows_the_texts(run, model_folder, other_folder):
    result = run(model_folder, other_folder, "pairs.csv", "-k", 1)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "where is " in result.stdout
    assert "A: tiny-reranker · B: other-reranker · 6 queries" in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 80
    assert "平均一致度" in run(model_folder, other_folder, "pairs.csv", lang="zh").stdout


def test_what_cannot_be_compared_is_refused(run, model_folder, tmp_path):
    (tmp_path / "one.csv").write_text("query,document,label\nq,d,1\n", encoding="utf-8")
    result = run(model_folder, model_folder, "one.csv")
    assert result.exit_code == 2
    assert "one.csv: no query has two documents" in result.stderr
    result = run(model_folder, model_folder, "pairs.csv", "-k", 0)
    assert "--top-k" in result.stderr
