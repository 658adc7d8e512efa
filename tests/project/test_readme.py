"""The two READMEs say the same, and what they show is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / name).read_text("utf-8"))


def without_comments(code: str) -> str:
    return re.sub(r"\s+# .*", "", code)


def test_both_languages_show_the_same_code():
    english, chinese = (
        [without_comments(code) for kind, code in blocks(name) if kind in {"bash", "python"}]
        for name in READMES
    )
    assert english == chinese


def test_both_languages_have_the_same_sections():
    english, chinese = ((ROOT / name).read_text("utf-8").count("\n## ") for name in READMES)
    assert english == chinese


def test_no_placeholder_is_left():
    assert not [name for name in READMES if "@@" in (ROOT / name).read_text("utf-8")]


@pytest.mark.parametrize("name", READMES)
def test_the_first_lines_of_python_print_what_is_shown(name):
    found = blocks(name)
    first = next(i for i, (kind, _) in enumerate(found) if kind == "python")
    code, shown = found[first][1], found[first + 1][1]
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    for printed, expected in zip(done.stdout.splitlines(), shown.splitlines(), strict=True):
        index, score, text = printed.split(maxsplit=2)
        shown_index, shown_score, shown_text = expected.split(maxsplit=2)
        assert (index, text) == (shown_index, shown_text)
        assert float(score) == pytest.approx(float(shown_score), abs=0.02)
