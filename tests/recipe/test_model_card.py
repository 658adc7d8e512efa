"""The model card is made of results, and says the same in both languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.card_results import write_results, write_run

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "recipe"


def write_card(out: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "recipe.card", "--out", out, *map(str, arguments)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    write_results(folder)
    return folder


@pytest.fixture
def given(tmp_path: Path, results: Path) -> list[object]:
    """Arguments that name a copy of made-up results, and made-up facts of the runs."""
    shutil.copytree(results, tmp_path / "results")
    write_run(tmp_path / "run.toml")
    return ["--results", tmp_path / "results", "--run", tmp_path / "run.toml"]


def test_both_languages_have_the_same_sections_and_the_same_numbers():
    english, chinese = (
        (RECIPE / "card" / f"text.{language}.md").read_text("utf-8") for language in ("en", "zh-CN")
    )
    assert re.findall(r"^#+ ", english, re.MULTILINE) == re.findall(r"^#+ ", chinese, re.MULTILINE)
    assert sorted(re.findall(r"\$\w+", english)) == sorted(re.findall(r"\$\w+", chinese))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("dev", "evaluate"),
        ("realistic", "realistic"),
        ("evidence", "evidence --data DATA"),
        ("refusal", "refusal"),
    ],
)
def test_a_result_that_is_missing_is_named_with_the_command_that_makes_it(
    tmp_path, given, name, command
):
    (tmp_path / "results" / f"{name}.json").unlink()
    done = write_card(tmp_path / "out", *given)
    assert done.returncode == 1
    assert f"python -m recipe.measures.{command}" in done.stderr
    assert not (tmp_path / "out").exists()


def test_every_number_finds_its_place_in_both_cards(tmp_path, given):
    done = write_card(tmp_path / "out", *given)
    assert (done.returncode, done.stderr) == (0, "")
    for name, realistic in (("model-card.md", "plain"), ("model-card.zh-CN.md", "普通")):
        made = (tmp_path / "out" / name).read_text("utf-8")
        assert "$" not in made
        assert f"| {realistic} | 10 | 18% | 30% | 90% |" in made
        assert "| 90% | 0.04 | 90.0% | 40.0% |" in made
        assert "| 0.4 | 90.0% | 60.0% |" in made


def test_goals_of_an_earlier_round_are_refused(tmp_path, given):
    path = tmp_path / "results" / "dev.json"
    found = json.loads(path.read_text("utf-8"))
    found["required"][0]["key"] = "same_over_parent"
    path.write_text(json.dumps(found), encoding="utf-8")
    done = write_card(tmp_path / "out", *given)
    assert done.returncode == 1
    assert "dev.json judges the goals of an earlier round" in done.stderr


def test_what_is_not_filled_in_is_named(tmp_path, given):
    text = (tmp_path / "run.toml").read_text("utf-8")
    (tmp_path / "run.toml").write_text(re.sub("steps = .*", "steps = 0", text), encoding="utf-8")
    done = write_card(tmp_path / "out", *given)
    assert done.returncode == 1
    assert "fill in steps" in done.stderr


def test_the_cards_are_what_the_results_make_of_them(tmp_path):
    done = write_card(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("model-card.md", "model-card.zh-CN.md"):
        made = (tmp_path / name).read_text("utf-8")
        assert made == (ROOT / "docs" / name).read_text("utf-8")
        assert made == (ROOT / "src" / "jingpai" / "bundled" / name).read_text("utf-8")


def test_results_of_other_weights_are_refused(tmp_path, given):
    path = tmp_path / "results" / "calibration.json"
    found = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**found, "weights": "0" * 16}), encoding="utf-8")
    done = write_card(tmp_path / "out", *given)
    assert done.returncode == 1
    assert "calibration.json measured the weights 0000000000000000" in done.stderr
