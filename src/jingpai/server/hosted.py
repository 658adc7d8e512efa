"""One model that the server has loaded: from texts to logits, without blocking the event loop."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from jingpai.server.scheduler import Scheduler
from jingpai.system import processor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jingpai.engine.engine import Engine
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.scores.calibration import Calibration
    from jingpai.server.requests import ModelFacts
    from jingpai.server.scheduler import Observer, Outcome
    from jingpai.text.fields import Candidates
    from jingpai.tokens.tokenizer import Row
    from jingpai.types import Scale

# A small request waits for the batch that is running, so on a GPU batches are smaller than the
# library's own, which costs it little.
_GPU_BATCH_TOKENS = 16384

# A request tokenises at most so many documents, or characters, before other requests have a turn.
_DOCUMENTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 100_000
_TOKENIZATION_THREADS = 2


def batch_tokens_on(device: str, threads: int | None) -> int:
    """Return the most tokens of a batch that suit a server, padding by its weight."""
    return processor.batch_tokens(threads) if device == "cpu" else _GPU_BATCH_TOKENS


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
            observer: Called after every batch.
        """
        self.facts = facts
        self.calibration = calibration
        self._engine = engine
        self.scheduler = Scheduler(engine, observer=observer)
        self._tokenization = ThreadPoolExecutor(
            _TOKENIZATION_THREADS, thread_name_prefix="jingpai-tokens"
        )

    def scale(self, instruction: str | None = None) -> Scale:
        """Return what scores mean where a request does not say.

        A calibration holds for the instruction that it was measured with, not for one of a request.
        """
        has_own = instruction is not None and self._engine.reads_instructions
        return "sigmoid" if self.calibration is None or has_own else "calibrated"

    async def encode(
        self, candidates: Sequence[Candidates], *, instruction: str | None = None
    ) -> Encoded:
        """Turn pairs into rows, those of all candidates one behind the other.

        Clients send their instruction to whatever model is there: one that reads none goes without.

        Raises:
            InputTooLong: A query leaves no room for a passage.
        """
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        encoded: list[EncodedDocument] = []
        if not self._engine.reads_instructions:
            instruction = None
        for part in _parts(candidates):
            encoded += await loop.run_in_executor(
                self._tokenization, self._encode, part, instruction
            )
        return Encoded(encoded, time.monotonic() - began)

    async def score(self, rows: Sequence[Row]) -> Outcome:
        """Return the logits of rows in their order; see `Scheduler.submit`."""
        return await asyncio.wrap_future(self.scheduler.submit(rows))

    def close(self) -> None:
        """End the threads, and give the model's memory back."""
        self._tokenization.shutdown(wait=False, cancel_futures=True)
        self.scheduler.close()
        self._engine.close()

    def _encode(
        self, candidates: Sequence[Candidates], instruction: str | None
    ) -> list[EncodedDocument]:
        encoded: list[EncodedDocument] = []
        for asked in candidates:
            encoded += self._engine.encode(asked, instruction=instruction)
        return encoded


def _parts(candidates: Sequence[Candidates]) -> Iterator[list[Candidates]]:
    """Split candidates into parts of few documents and characters, to be tokenised in turns."""
    part: list[Candidates] = []
    characters = documents = 0
    for asked in candidates:
        first = 0
        for index, document in enumerate(asked.documents):
            characters += len(document.text)
            documents += 1
            if characters >= _CHARACTERS_AT_ONCE or documents == _DOCUMENTS_AT_ONCE:
                yield [*part, asked.part(first, index + 1)]
                part, characters, documents, first = [], 0, 0, index + 1
        if first < len(asked.documents):
            part.append(asked.part(first, len(asked.documents)))
    if part:
        yield part
