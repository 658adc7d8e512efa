"""What the tests of frameworks share: a cache, the page, the examples.

Run without frameworks.py, as all other tests are, only what needs no framework is collected: each
group of packages has an environment of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from page import ROOT, code_of

if TYPE_CHECKING:
    from collections.abc import Callable

if "JINGPAI_INTEGRATIONS" not in os.environ:
    collect_ignore_glob = ["*/*"]


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory):
    """Graphs that tests make go to a folder of theirs, never to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINGPAI_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def run_page() -> Callable[[str], list[str]]:
    """Run the code under a heading of docs/integrations.md; return the lines it prints."""
    return lambda heading: printed("-c", code_of(heading))


@pytest.fixture
def run_example() -> Callable[[str], list[str]]:
    """Run a file of examples/; return the lines it prints."""
    return lambda name: printed(str(ROOT / "examples" / name))


def printed(*program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", *program],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    return done.stdout.splitlines()
