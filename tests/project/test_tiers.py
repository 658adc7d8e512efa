"""No test is left out: what `make test` does not run, `make test-parity` does."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.tiers import PACKAGES, markers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MARKERS = [line.partition(":")[0] for line in PROJECT["tool"]["pytest"]["ini_options"]["markers"]]
APART = {"slow", "gpu", "browser", "ray"}

# What `make test` and `make test-parity` leave behind when all packages are installed.
INSTALLED = Path(sys.prefix, ".tools")
INSTALLED_HEAVY = Path(sys.prefix, ".parity")


def selection(target: str) -> str:
    """What a target of the Makefile gives to pytest after `-m`."""
    if shutil.which("make") is None:
        pytest.skip("needs make")
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    commands = subprocess.check_output(
        ["make", "--dry-run", target], cwd=ROOT, env=environment, text=True
    )
    (expression,) = re.findall(r'-m pytest .*-m "?([^"\n]+)', commands)
    return expression


def selects(expression: str, markers: set[str]) -> bool:
    """Whether an expression of pytest, which is one of Python, selects a test with markers."""
    return eval(expression, {}, {marker: marker in markers for marker in MARKERS})


def combinations() -> Iterator[set[str]]:
    for size in range(len(MARKERS) + 1):
        yield from map(set, itertools.combinations(MARKERS, size))


def test_each_test_is_in_one_of_two_tiers_or_is_apart():
    tiers = [selection("test"), selection("test-parity")]
    for markers in combinations():
        number = sum(selects(tier, markers) for tier in tiers)
        assert number == (0 if markers & APART else 1), markers


def test_what_is_apart_has_a_target_too():
    targets = [selection(f"test-{name}").split()[0] for name in ("ray", "browser")]
    assert targets == ["ray", "browser"]
    everything_else = selection("test-all")
    for markers in combinations():
        if not markers & {"gpu", "browser", "ray"}:
            assert selects(everything_else, markers), markers


def test_ci_runs_both_tiers_and_the_linters():
    commands = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    assert {"make test", "make test-parity", "make lint"} <= set(commands)


@pytest.mark.parametrize(
    ("code", "markers"),
    [
        ("import math\n\ndef test_it(): ...", set()),
        ("import torch\n\ndef test_it(): ...", {"torch"}),
        ("from transformers.x import y\n\ndef test_it(): ...", {"torch"}),
        ("ray = pytest.importorskip('ray.data')\n\ndef test_it(): ...", {"needs_ray"}),
        ("if True:\n    import onnx\n\ndef test_it(): ...", {"torch"}),
        ("if TYPE_CHECKING:\n    import torch\n\ndef test_it(): ...", set()),
        ("def test_it():\n    import torch", {"torch"}),
        ("def test_it(): ...\n\ndef test_other():\n    import torch", set()),
        ("@fixture\ndef model():\n    import torch\n\ndef test_it(model): ...", {"torch"}),
        ("def help():\n    import ray\n\ndef test_it(): help()", {"needs_ray"}),
        ("def a(): b()\n\ndef b():\n    a()\n    import ray\n\ndef test_it(): a()", {"needs_ray"}),
        ("from support.running import on_ray\n\ndef test_it(): on_ray()", {"needs_ray"}),
        ("from support.running import running\n\ndef test_it(): running()", set()),
    ],
)
def test_what_a_test_needs_is_read_from_its_code(tmp_path, code, markers):
    path = tmp_path / "test_it.py"
    path.write_text(code)
    assert markers_of(path, "test_it") == markers


def asked_for() -> set[str]:
    """The packages without which a test is skipped, as `pytest.importorskip` names them."""
    calls = [
        node
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.importorskip"
    ]
    names = [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]
    return {str(name).partition(".")[0] for name in names} - sys.stdlib_module_names


@pytest.mark.skipif(not INSTALLED.exists(), reason="only make installs all packages")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="schemathesis needs Python 3.11")
def test_make_installs_what_its_tests_would_be_skipped_without():
    needed = asked_for()
    assert needed > PACKAGES.keys() - {"torch"}
    if not INSTALLED_HEAVY.exists():
        needed -= PACKAGES.keys()
    assert [name for name in sorted(needed) if importlib.util.find_spec(name) is None] == []
