"""`models`, `pull`, `optimize` and `demo`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from jingpai import Embedder
from jingpai.cli.app import app
from jingpai.explain.demo_cases import CASES
from jingpai.models.known.catalog import CATALOG


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str | Path, **env: str):
        return CliRunner(env=environment | env).invoke(app, [str(one) for one in arguments])

    return invoke


def test_models_lists_the_whole_catalog(run):
    result = run("models")
    assert (result.exit_code, result.stderr) == (0, "")
    for spec in CATALOG:
        assert spec.name in result.stdout
        assert spec.summary.split(";")[0][:30] in result.stdout
    assert max(cell_len(line) for line in result.stdout.splitlines()) <= 80


def test_models_speaks_chinese(run):
    shown = run("models", JINGPAI_LANG="zh").stdout
    assert "多语言精排的首选" in shown
    assert "中文、英文 · MIT" in shown


def test_models_as_json_says_where_each_is(run, tmp_path):
    entries = json.loads(run("models", "--json").stdout)["models"]
    assert [entry["name"] for entry in entries] == [spec.name for spec in CATALOG]
    assert [entry["bundled"] for entry in entries] == [True] + [False] * (len(CATALOG) - 1)
    large = entries[1]
    assert (large["max_tokens"], large["license"], large["folder"]) == (8192, "Apache-2.0", None)


def test_models_finds_what_is_in_the_cache(run, model_folder, tmp_path):
    repository = tmp_path / "hf-home" / "hub" / "models--BAAI--bge-reranker-base"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    for path in model_folder.iterdir():
        (snapshot / path.name).write_bytes(path.read_bytes())
    by_name = {one["name"]: one for one in json.loads(run("models", "--json").stdout)["models"]}
    entry = by_name["BAAI/bge-reranker-base"]
    assert Path(entry["folder"]) == snapshot
    assert entry["bytes"] == sum(path.stat().st_size for path in model_folder.iterdir())
    assert re.search(r"BAAI/bge-reranker-base .* \d+ kB", run("models").stdout)


def test_pull_checks_a_folder_and_prints_it_alone(run, model_folder):
    result = run("pull", model_folder)
    assert result.exit_code == 0
    assert result.stdout == f"{model_folder}\n"
    assert "tiny-reranker is complete: " in result.stderr


@pytest.mark.parametrize(
    ("name", "env", "code", "message"),
    [
        ("bge-reranker-v2-m4", {}, 1, "Did you mean BAAI/bge-reranker-v2-m3"),
        ("./nowhere", {}, 1, "no folder './nowhere'"),
        ("BAAI/bge-reranker-base", {"HF_HUB_OFFLINE": "1"}, 1, "HF_HUB_OFFLINE"),
        ("BAAI/bge-reranker-base", {}, 1, "hf-mirror.com"),
        ("modelscope:BAAI/bge-reranker-base", {}, 1, "could not be fetched"),
        ("x", {"JINGPAI_HUB": "nonsense"}, 1, "no known model"),
        ("a/b", {"JINGPAI_HUB": "nonsense"}, 2, "JINGPAI_HUB"),
        (" ", {}, 2, "error: model: "),
    ],
)
def test_pull_says_why_it_cannot(run, name, env, code, message):
    result = run("pull", name, **env)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_optimize_writes_a_graph_once_and_prints_its_folder(run, model_folder, precision):
    result = run("optimize", model_folder, "--precision", precision)
    assert result.exit_code == 0, result.output
    folder = Path(result.stdout.strip())
    assert (folder / "model.onnx").is_file()
    assert re.search(r"tiny-reranker: \d+ kB became \d+ kB in \d+\.\d s", result.stderr)
    before = (folder / "model.onnx").stat().st_mtime_ns
    assert run("optimize", model_folder, "--precision", precision).stdout == result.stdout
    assert (folder / "model.onnx").stat().st_mtime_ns == before


def test_optimize_refuses_what_is_no_model(run, tmp_path):
    (tmp_path / "empty").mkdir()
    result = run("optimize", "empty")
    assert result.exit_code == 1
    assert "config.json" in result.stderr
    assert run("optimize", "empty", "--precision", "int3").exit_code == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_demo_shows_every_case_before_and_after(run, model_folder, lang):
    result = run("demo", "-m", model_folder, JINGPAI_LANG=lang, COLUMNS="120")
    assert (result.exit_code, result.stderr) == (0, "")
    for case in CASES:
        assert case.query in result.stdout
        for candidate in case.candidates:
            assert candidate.text[:12] in result.stdout
    orders = re.findall(r"^([1-5]) → ([1-5])  ", result.stdout, flags=re.MULTILINE)
    assert [after for _, after in orders] == [*"12345"] * len(CASES)
    assert sorted(before for before, _ in orders) == sorted([*"12345"] * len(CASES))
    assert len(re.findall(r"\d+ (?:ms a pair|毫秒)", result.stdout)) == len(CASES)
    assert "tiny-reranker" in result.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_the_demo_keeps_within_the_terminal(run, model_folder, columns):
    shown = run("demo", "-m", model_folder, COLUMNS=str(columns)).stdout
    assert max(cell_len(line) for line in shown.splitlines()) <= columns
    assert shown.count("vector  score") == len(CASES)


def test_every_demo_case_misleads_a_vector_search():
    with Embedder(threads=1) as embedder:
        for case in CASES:
            roles = sorted(candidate.role for candidate in case.candidates)
            assert roles == ["answers", "answers", "shares words", "shares words", "unrelated"]
            (query,) = embedder.embed_queries([case.query])
            similarities = embedder.embed_passages(case.documents) @ query
            assert case.candidates[similarities.argmax()].role == "shares words", case.title
            assert case.candidates[similarities.argmin()].role == "unrelated", case.title


def test_the_bundled_model_needs_no_optimizing(run):
    result = run("optimize", "jingpai-small")
    assert result.exit_code == 0
    assert "already" in result.stderr
    assert result.stdout.strip().endswith("bundled")


def test_a_folder_without_a_model_is_not_called_a_download(run, tmp_path):
    result = run("optimize", str(tmp_path))
    assert result.exit_code == 1
    assert "config.json" in result.stderr
    assert "fetching" not in result.stderr
