"""A tiny reranker that reads bytes, and an engine that keeps its rows whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jingpai.engine.engine import Engine
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def engine(tiny_folder) -> Iterator[Engine]:
    engine = Engine.load(tiny_folder, ModelSettings(long_documents="truncate"))
    yield engine
    engine.close()
