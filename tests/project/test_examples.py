"""Every example runs, and what it prints is what it promises.

Those without a number need another framework: tests/integrations runs them.
"""

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


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("[0-9]*.py")), ids=lambda path: path.name)
def test_an_example_runs_without_a_warning(path):
    assert run(path)


def test_hello_scores_are_clearly_apart():
    related, unrelated = (float(line.split()[0]) for line in run(EXAMPLES / "01_hello.py"))
    assert related > 0.8
    assert unrelated < 0.1


def test_what_the_vectors_find_is_put_in_order_by_the_reranker():
    lines = run(EXAMPLES / "02_first_stage.py")
    found = lines[lines.index("found by vectors:") + 1 : lines.index("reranked:")]
    reranked = lines[lines.index("reranked:") + 1 :]
    assert "How long does a fridge last?" in found[0]
    assert sorted(line.split()[1:] for line in found) == sorted(
        line.split()[1:] for line in reranked
    )
    assert {"米饭" in line or "rice" in line for line in reranked[:2]} == {True}


def test_the_tutorial_finds_the_answer():
    assert "json.load" in run(EXAMPLES / "03_tutorial.py")[0]
