"""The model card is made of results, and says the same in both languages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

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


def test_both_languages_have_the_same_sections_and_the_same_numbers():
    english, chinese = (
        (RECIPE / "card" / f"text.{language}.md").read_text("utf-8") for language in ("en", "zh-CN")
    )
    assert re.findall(r"^#+ ", english, re.MULTILINE) == re.findall(r"^#+ ", chinese, re.MULTILINE)
    assert sorted(re.findall(r"\$\w+", english)) == sorted(re.findall(r"\$\w+", chinese))


def test_a_result_that_is_missing_is_named_with_the_command_that_makes_it(tmp_path):
    shutil.copytree(RECIPE / "results", tmp_path / "results")
    (tmp_path / "results" / "dev.json").unlink()
    done = write_card(tmp_path / "out", "--results", tmp_path / "results")
    assert done.returncode == 1
    assert "python -m recipe.measures.evaluate" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_cards_are_what_the_results_make_of_them(tmp_path):
    done = write_card(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("model-card.md", "model-card.zh-CN.md"):
        made = (tmp_path / name).read_text("utf-8")
        assert made == (ROOT / "docs" / name).read_text("utf-8")
        assert made == (ROOT / "src" / "jingpai" / "bundled" / name).read_text("utf-8")


def test_results_of_other_weights_are_refused(tmp_path):
    shutil.copytree(RECIPE / "results", tmp_path / "results")
    path = tmp_path / "results" / "calibration.json"
    found = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**found, "weights": "0" * 16}), encoding="utf-8")
    done = write_card(tmp_path / "out", "--results", tmp_path / "results")
    assert done.returncode == 1
    assert "calibration.json measured the weights 0000000000000000" in done.stderr
