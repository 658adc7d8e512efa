"""A tiny model in fp32 and a place of its own for each test: no input reaches a hub or a home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jingpai import Reranker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that the tests of a file run in."""
    folder = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
            patch.setenv(name, "http://127.0.0.1:9")
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("HF_HOME", str(folder / "hf"))
        patch.setenv("HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def reranker(tiny_folder: Path) -> Iterator[Reranker]:
    """A model that reads 130 characters, so that most texts are several passages."""
    with Reranker(tiny_folder, precision="fp32", threads=1) as loaded:
        yield loaded
