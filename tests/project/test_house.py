"""The folders stay rooms with a few doors each, and a file stays as long as one idea."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
MOST_MODULES = 15
MOST_SIBLINGS = 2
MOST_LINES = 350


def folders(name: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder below one with the names of the modules that lie flat in it."""
    folder = ROOT / name
    for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        modules = [path.stem for path in place.glob("*.py") if path.stem != "__init__"]
        if modules:
            yield place.relative_to(ROOT).as_posix(), modules


@pytest.mark.parametrize("name", ["src", "recipe"])
def test_a_folder_holds_no_more_modules_than_one_can_keep_in_mind(name):
    numbers = {folder: len(modules) for folder, modules in folders(name)}
    assert numbers, "nothing was found"
    assert {folder: n for folder, n in numbers.items() if n > MOST_MODULES} == {}


@pytest.mark.parametrize("name", ["src", "recipe"])
def test_modules_that_share_a_prefix_have_a_folder_of_their_own(name):
    crowded = {
        f"{folder}/{prefix}_*": number
        for folder, modules in folders(name)
        for prefix, number in Counter(module.partition("_")[0] for module in modules).items()
        if prefix and number > MOST_SIBLINGS
    }
    assert crowded == {}


@pytest.mark.parametrize("name", ["src", "recipe", "benchmarks", "tests", "examples"])
def test_a_file_is_as_long_as_one_idea(name):
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / name).rglob("*.py")
        if not path.is_relative_to(ROOT / "benchmarks" / "work")
    }
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}
