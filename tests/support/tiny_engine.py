"""A tiny model whose batches may fail on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.backends.loader import open_backend
from jingpai.engine.engine import Engine
from jingpai.models.resolve import resolve
from jingpai.testing import Fault, FaultyBackend
from jingpai.tokens.tokenizer import PairTokenizer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def tiny_engine_of(folder: Path, fault: Callable[..., Fault | None]) -> Engine:
    """A tiny model in fp32, so that equal texts get equal scores to the last digit."""
    spec = resolve(folder).spec
    backend = open_backend(folder, device="cpu", precision="fp32")
    return Engine(
        spec,
        tokenizer=PairTokenizer.load(folder, max_tokens=spec.max_tokens),
        backend=FaultyBackend(backend, fault=fault),
        batch_tokens=2048,
    )
