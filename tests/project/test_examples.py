"""Every example runs, and what it prints is what it promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(path: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", path],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_runs_without_a_warning(path):
    assert run(path)


def test_hello_scores_are_clearly_apart():
    related, unrelated = (float(line.split()[0]) for line in run(EXAMPLES / "01_hello.py"))
    assert related > 0.9
    assert unrelated < 0.1


def test_the_keyword_trap_is_passed():
    lines = run(EXAMPLES / "02_keyword_trap.py")
    reranked = lines[lines.index("reranked:") + 1 :]
    assert all("answers" in line for line in reranked[:2])
    by_words = lines[lines.index("by shared words:") + 1 :]
    assert all("shares words" in line for line in by_words[:2])


def test_the_tutorial_finds_the_answer():
    assert "json.load" in run(EXAMPLES / "03_tutorial.py")[0]
