"""What a first stage would say of documents: vectors and shared words, beside the event loop.

The embedder is loaded when it is first asked for: most servers never are. It has one thread, in
which requests take turns by a few documents.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from jingpai.embedder import Embedder
from jingpai.first_stage.bm25 import candidate_scores
from jingpai.first_stage.cosine import similarities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.types import DocumentLike

_DOCUMENTS_AT_ONCE = 16


class FirstStageScores:
    """Scores documents by meaning and by words, without a reranker."""

    def __init__(self, *, threads: int | None = None) -> None:
        """Begin without an embedder; `threads` is how many CPU threads it gets."""
        self._threads = threads
        self._embedder: Embedder | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jingpai-first-stage")

    async def similarities(self, query: str, documents: Sequence[DocumentLike]) -> list[float]:
        """Return the cosine of a query and each document.

        Raises:
            JingpaiError: The embedder cannot be loaded or run.
        """
        loop = asyncio.get_running_loop()
        found: list[float] = []
        for first in range(0, len(documents), _DOCUMENTS_AT_ONCE):
            some = documents[first : first + _DOCUMENTS_AT_ONCE]
            found += await loop.run_in_executor(self._thread, self._embed, query, some)
        return found

    async def shared_words(self, query: str, documents: Sequence[DocumentLike]) -> list[float]:
        """Return the score by BM25 of each document among the others."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, candidate_scores, query, documents)

    def close(self) -> None:
        """End the thread, and give the embedder's memory back once it is done."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._embedder is not None:
            self._embedder.close()
            self._embedder = None

    def _embed(self, query: str, documents: Sequence[DocumentLike]) -> list[float]:
        if self._embedder is None:
            self._embedder = Embedder(threads=self._threads)
        return similarities(self._embedder, query, documents=documents)
