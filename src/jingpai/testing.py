"""For tests of what is built on jingpai: a backend that fails on purpose."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from jingpai.backends.base import LogitsAndEvidence, has_evidence
from jingpai.errors import BackendFailed, OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from jingpai.backends.base import Backend, Batch
    from jingpai.types import Precision

Fault: TypeAlias = Literal["error", "out_of_memory", "crash", "nan", "hang"]
"""`error` and `out_of_memory` are raised as a backend should, `crash` as one should not; `nan`
gives no numbers; `hang` gives nothing until `FaultyBackend.release` is called."""


class FaultyBackend:
    """Runs another backend, but fails where it is told to: a `Backend`.

    Example:
        >>> backend = FaultyBackend(OnnxBackend(folder), fault=lambda batch: "nan")
        >>> engine = Engine(spec, tokenizer=tokenizer, backend=backend, batch_tokens=2048)
    """

    def __init__(self, backend: Backend, *, fault: Callable[[Batch], Fault | None]) -> None:
        """Wrap a backend.

        Args:
            backend: Runs the batches that shall not fail.
            fault: What is wrong with a batch; None lets it run.
        """
        self._backend = backend
        self._fault = fault
        self._released = threading.Event()

    @property
    def device(self) -> str:
        """That of the backend inside."""
        return self._backend.device

    @property
    def precision(self) -> Precision:
        """That of the backend inside."""
        return self._backend.precision

    @property
    def padding_weight(self) -> float:
        """That of the backend inside."""
        return self._backend.padding_weight

    def logits(self, batch: Batch) -> NDArray[np.float32]:
        """Return the logits of a batch, or fail.

        Raises:
            OutOfMemory: Told so.
            BackendFailed: Told so.
            RuntimeError: Told to crash.
        """
        fault = self._failed(batch)
        logits = self._backend.logits(batch)
        return np.full_like(logits, np.nan) if fault == "nan" else logits

    @property
    def has_evidence(self) -> bool:
        """That of the backend inside, False where it knows of none."""
        return has_evidence(self._backend)

    def logits_and_evidence(self, batch: Batch) -> LogitsAndEvidence:
        """Return logits and evidence of a batch, or fail as `logits` does."""
        if not has_evidence(self._backend):
            raise BackendFailed("the backend inside has no evidence; ask only where has_evidence")
        fault = self._failed(batch)
        logits, evidence = self._backend.logits_and_evidence(batch)
        if fault == "nan":
            return LogitsAndEvidence(np.full_like(logits, np.nan), np.full_like(evidence, np.nan))
        return LogitsAndEvidence(logits, evidence)

    def release(self) -> None:
        """Let all batches go on that hang, and never hang again."""
        self._released.set()

    def close(self) -> None:
        """Close the backend inside."""
        self._backend.close()

    def _failed(self, batch: Batch) -> Fault | None:
        """Fail before the backend inside is asked, or return what is wrong with its answer."""
        fault = self._fault(batch)
        if fault == "error":
            raise BackendFailed("failed on purpose")
        if fault == "out_of_memory":
            raise OutOfMemory("out of memory on purpose")
        if fault == "crash":
            raise RuntimeError("crashed on purpose")
        if fault == "hang":
            self._released.wait()
        return fault
