"""DSPy needs no class of ours: what the page and the example show works as a module."""

from __future__ import annotations

from texts import ANSWERS


def test_the_page_runs(run_page):
    (line,) = run_page("DSPy")
    assert line.startswith("['大熊猫的食物几乎全是竹子。'] [0.")


def test_the_example_finds_the_answers(run_example):
    lines = run_example("dspy_retriever.py")
    assert all(any(answer in line for answer in ANSWERS) for line in lines)
    assert len(lines) == 2
