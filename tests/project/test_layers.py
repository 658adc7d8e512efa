"""CONTRIBUTING shows the layers that the linter checks."""

from __future__ import annotations

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
    "contracts"
][0]


def test_contributing_shows_the_layers_that_are_checked():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    picture = re.search(r"```\n(__main__\n.*?)```", text, re.DOTALL)
    assert picture is not None
    shown = [re.split(r" {2,}", line)[0] for line in picture[1].splitlines()]
    assert shown == CONTRACT["layers"]


def test_no_module_stands_outside_the_layers():
    assert CONTRACT["exhaustive"]
