"""One model that the server has loaded: from texts to logits, without blocking the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from jingpai.server.scheduler import Scheduler
from jingpai.text.fields import read_document

if TYPE_CHECKING:
    from jingpai.engine.engine import Engine
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.scores.calibration import Calibration
    from jingpai.server.requests import ModelFacts
    from jingpai.server.scheduler import Observer, Outcome
    from jingpai.types import DocumentLike, Scale

# Most tokens of a batch, padding included. A small request waits for the batch that is running, so
# on a CPU batches are smaller than the library's own, which costs it little.
_CPU_BATCH_TOKENS = 1024
_GPU_BATCH_TOKENS = 16384

# So many documents, or characters of them, are tokenised before others have a turn.
_DOCUMENTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 100_000
_TOKENIZATION_THREADS = 2


class Encoded(NamedTuple):
    """The rows of a request, and the seconds it took to make them."""

    documents: list[EncodedDocument]
    seconds: float

    @property
    def tokens(self) -> int:
        """Tokens of all rows."""
        return sum(len(row.ids) for document in self.documents for row in document.rows)


class HostedModel:
    """A loaded model with its queue."""

    def __init__(
        self,
        engine: Engine,
        *,
        facts: ModelFacts,
        calibration: Calibration | None = None,
        observer: Observer | None = None,
    ) -> None:
        """Take over an engine, and start its threads.

        Args:
            engine: Of the model.
            facts: What clients may ask of it.
            calibration: What its logits mean, where that is known.
            observer: Told of every batch.
        """
        self.facts = facts
        self.calibration = calibration
        self._engine = engine
        is_cpu = engine.backend.device == "cpu"
        self.scheduler = Scheduler(
            engine,
            batch_tokens=_CPU_BATCH_TOKENS if is_cpu else _GPU_BATCH_TOKENS,
            observer=observer,
        )
        self._tokenization = ThreadPoolExecutor(
            _TOKENIZATION_THREADS, thread_name_prefix="jingpai-tokens"
        )

    def scale(self, instruction: str | None = None) -> Scale:
        """Return what scores mean where a request does not say.

        A calibration holds for what the model was told when it was measured, not for what a
        request tells it.
        """
        is_told = instruction is not None and self._engine.reads_instructions
        return "sigmoid" if self.calibration is None or is_told else "calibrated"

    async def encode(
        self,
        queries: Sequence[str],
        documents: Sequence[DocumentLike],
        *,
        instruction: str | None = None,
    ) -> Encoded:
        """Turn pairs into rows: one query for all documents, or one for each.

        Clients send their instruction to whatever model is there: one that reads none goes without.

        Raises:
            InvalidInput: A text cannot be used.
            InputTooLong: A query leaves no room for a passage.
        """
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        encoded: list[EncodedDocument] = []
        if not self._engine.reads_instructions:
            instruction = None
        for part in _parts(documents):
            some = documents[part]
            asked = queries if len(queries) == 1 else queries[part]
            encoded += await loop.run_in_executor(
                self._tokenization, self._encode, asked, some, instruction
            )
        return Encoded(encoded, time.monotonic() - began)

    async def score(self, documents: Sequence[EncodedDocument]) -> Outcome:
        """Return the logits of all rows, those of a document together; see `Scheduler.submit`."""
        rows = [row for document in documents for row in document.rows]
        return await asyncio.wrap_future(self.scheduler.submit(rows))

    def close(self) -> None:
        """End the threads, and give the model's memory back."""
        self._tokenization.shutdown(wait=False, cancel_futures=True)
        self.scheduler.close()
        self._engine.close()

    def _encode(
        self, queries: Sequence[str], documents: Sequence[DocumentLike], instruction: str | None
    ) -> list[EncodedDocument]:
        encode = partial(self._engine.encode, instruction=instruction)
        if len(queries) == 1:
            return encode(queries[0], documents)
        pairs = zip(queries, documents, strict=True)
        return [encode(query, [document])[0] for query, document in pairs]


def _parts(documents: Sequence[DocumentLike]) -> Iterator[slice]:
    """Yield which documents are tokenised at once."""
    first = characters = 0
    for index, document in enumerate(documents):
        characters += len(read_document(document, index=index).text)
        if characters >= _CHARACTERS_AT_ONCE or index + 1 - first == _DOCUMENTS_AT_ONCE:
            yield slice(first, index + 1)
            first, characters = index + 1, 0
    if first < len(documents):
        yield slice(first, len(documents))
