"""Every extra that is named exists, wherever it is named."""

from __future__ import annotations

import re
import sys
import typing
from pathlib import Path

import pytest

from jingpai.errors import MissingExtra
from jingpai.extras import Extra, needing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = set(PROJECT["optional-dependencies"])
TEXTS = [
    *(ROOT / "src").rglob("*.py"),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "examples").glob("*.py"),
    *ROOT.glob("README*.md"),
]


def test_every_extra_that_the_code_asks_for_exists():
    assert set(typing.get_args(Extra)) <= EXTRAS


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_that_installs_extras_names_those_that_exist(path):
    named = re.findall(r"(?:jingpai|pip install \"\.)\[([a-z,-]+)\]", path.read_text("utf-8"))
    assert {extra for names in named for extra in names.split(",")} <= EXTRAS


def test_a_missing_package_is_named_with_what_needs_it_and_the_command():
    with pytest.raises(MissingExtra) as error, needing("ray", what="a job", packages="Ray"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    assert str(error.value) == (
        'a job needs Ray, and no_such_package cannot be imported: pip install "jingpai[ray]"'
    )


def test_the_absence_of_another_package_stays_an_error_of_its_own():
    with (
        pytest.raises(ModuleNotFoundError, match="no_such_package") as error,
        needing("ray", what="a job", packages="Ray", only={"ray"}),
    ):
        import no_such_package  # noqa: F401
    assert not isinstance(error.value, MissingExtra)
