"""A tiny reranker that reads bytes, and an engine that keeps its rows whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jingpai.engine.engine import Engine


@pytest.fixture(scope="module")
def engine(tiny_folder) -> Iterator[Engine]:
    engine = Engine.load(tiny_folder, long_documents="truncate")
    yield engine
    engine.close()
