"""`jingpai verify`, on a tiny model that gives published scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from safetensors.numpy import load_file, save_file
from support.published_scores import write_model_of
from typer.testing import CliRunner

from jingpai.cli.app import app
from jingpai.verification.goldens import goldens_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "hotchpotch/japanese-reranker-cross-encoder-xsmall-v1"


@pytest.fixture(scope="module")
def right_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify") / NAME.rpartition("/")[2]
    return write_model_of(goldens_of(NAME), folder)


@pytest.fixture
def wrong_folder(right_folder: Path, tmp_path: Path) -> Path:
    """The same in a folder that says nothing, with another bias: a logit is .3 more."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((right_folder / name).read_bytes())
    tensors = load_file(right_folder / "model.safetensors")
    tensors["classifier.out_proj.bias"] += 0.3
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str | Path, **env: str):
        command = ["verify", *map(str, arguments)]
        return CliRunner(env=environment | env).invoke(app, command)

    return invoke


def test_a_model_that_gives_the_published_scores_is_verified(run, right_folder):
    result = run(right_folder)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    for golden in goldens_of(NAME):
        assert golden.document[:20] in result.stdout
        assert f"{golden.score:.4f}" in result.stdout
    assert result.stdout.count("sentence-transformers") == 1
    assert "1  sentence-transformers, tests/cross_encoder/test_pretrained.py (fp32" in result.stdout
    assert f"✓ All 4 published scores are met. {NAME} · fp32 · cpu" in joined(result.stdout)
    assert "int8" not in result.stdout


def test_a_model_that_misses_them_is_not_and_the_exit_code_says_so(run, wrong_folder):
    result = run(wrong_folder, "--as", NAME)
    assert (result.exit_code, result.stderr) == (1, "")
    assert "✗ 4 of 4 published scores are missed." in result.stdout
    assert "+0.0" in result.stdout


def test_json_holds_what_the_table_shows_and_the_sources(run, right_folder, wrong_folder):
    answer = json.loads(run(right_folder, "--json").stdout)
    assert (answer["model"], answer["precision"], answer["device"]) == (NAME, "fp32", "cpu")
    assert answer["verified"] is True
    assert [one["expected"] for one in answer["pairs"]] == [0.44814, 0.7676, 0.60226, 0.68719]
    for one in answer["pairs"]:
        assert one["within"]
        assert one["difference"] == pytest.approx(one["got"] - one["expected"])
        assert abs(one["difference"]) <= one["allowed"] == 0.002
        assert one["scale"] == "sigmoid"
        assert one["source_precision"] == "fp32"
        assert one["url"].startswith("https://")
    result = run(wrong_folder, "--as", NAME, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["verified"] is False


def test_int8_is_allowed_more_and_the_table_says_why(run, wrong_folder):
    result = run(wrong_folder, "--as", NAME, "--precision", "int8")
    assert result.exit_code == 0, result.output
    assert "this run is int8, so more is allowed" in joined(result.stdout)
    assert "0.1270" in result.stdout


def test_a_name_is_looked_up_in_the_cache(run, right_folder, tmp_path):
    repository = tmp_path / "hf-home" / "hub" / f"models--{NAME.replace('/', '--')}"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    for path in right_folder.iterdir():
        if path.is_file():
            (snapshot / path.name).write_bytes(path.read_bytes())
    result = run(NAME, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["verified"] is True


def test_a_name_that_is_not_there_is_fetched(run):
    result = run("BAAI/bge-reranker-base")
    assert result.exit_code == 1
    assert "BAAI/bge-reranker-base is not on this disk yet" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["jingpai-small"], "the tests of jingpai"),
        (["acme/reranker"], "none of the models that `jingpai models` lists"),
        (["BAAI/bge-reranker-base", "--precision", "int3"], "--precision"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_verified_is_told_before_anything_is_fetched(run, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert "fetching" not in result.stderr


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_keeps_within_the_terminal_in_both_languages(run, wrong_folder, columns, lang):
    shown = run(
        *(wrong_folder, "--as", NAME, "--precision", "int8"),
        COLUMNS=str(columns),
        JINGPAI_LANG=lang,
    ).stdout
    assert max(cell_len(line) for line in shown.splitlines()) <= columns
    heading, verdict = (
        ("expected", "All 4") if lang == "en" else ("公布值", "4 个公布的得分全部相符")
    )
    assert heading in shown
    assert verdict in shown


def joined(text: str) -> str:
    return " ".join(text.split())
