"""A model that stops in the middle of a shard, once, and says which process it is in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jingpai.batch.scorer import Scorer, open_scorer
from jingpai.engine.batch_runner import BatchRunner
from jingpai.testing import Fault, FaultyBackend

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.backends.base import Batch
    from jingpai.batch.settings import Settings


def open_hanging(settings: Settings, *, marker: Path, after: int) -> Scorer:
    """Load the model; its batch of this number, from 1, hangs unless the marker is there."""
    scorer = open_scorer(settings)
    batches = 0

    def fault(batch: Batch) -> Fault | None:
        nonlocal batches
        batches += 1
        if batches != after or marker.exists():
            return None
        whole = marker.with_suffix(".part")
        whole.write_text(str(os.getpid()))
        whole.replace(marker)
        return "hang"

    scorer.engine.backend = FaultyBackend(scorer.engine.backend, fault=fault)
    scorer.engine._runner = BatchRunner.of(
        scorer.engine.backend, batch_tokens=scorer.engine.batch_tokens
    )
    return scorer


def open_limited(settings: Settings) -> Scorer:
    """Load the model in a process that may write no file over half a megabyte."""
    import resource

    scorer = open_scorer(settings)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
    return scorer
