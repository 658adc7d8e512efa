"""A job with a tiny model, and what it has written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow")

from support.batch_jobs import Folder

from jingpai.batch.job import Outcome, run_batch
from jingpai.batch.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., Outcome]


@pytest.fixture
def out(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "out")


@pytest.fixture
def run(tiny_folder: Path, out: Folder) -> Run:
    """Run a job on the tiny model, with shards of ten rows: `run("pairs.jsonl")`."""

    def run_with(source: Path | str, output: Path | str = out.path, **given: Any) -> Outcome:
        job = {name: given.pop(name) for name in ("engine", "open_model") if name in given}
        settings = Settings(**{"model": str(tiny_folder), "shard_rows": 10, **given})
        return run_batch(str(source), str(output), settings=settings, **job)

    return run_with
