"""The contract of a backend: integers in, logits out; and of an encoder: vectors out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeGuard, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from jingpai.types import Precision


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows padded on the right to the longest, as arrays.

    Attributes:
        input_ids: int64 [n, length]. What the padding holds means nothing; `lengths` tells where
            it begins.
        lengths: int32 [n], tokens of each row without padding.
        query_lengths: int32 [n], tokens of each row's first segment (the query and the special
            tokens around it); the second segment is the rest of the row.
    """

    input_ids: NDArray[np.int64]
    lengths: NDArray[np.int32]
    query_lengths: NDArray[np.int32]


class Backend(Protocol):
    """Runs one model on one device. Safe to call from several threads at once."""

    @property
    def device(self) -> str:
        """Where the model runs: `cpu`, `cuda:0`, `mps`."""

    @property
    def precision(self) -> Precision:
        """The number format of the matrix products."""

    @property
    def padding_weight(self) -> float:
        """What a token of padding counts for in the size of a batch: 1 as a token of text.

        Less where rows are packed, so that batches may hold rows of any length. It decides which
        rows share a batch, and changes no logit.
        """

    def logits(self, batch: Batch) -> NDArray[np.float32]:
        """Return the logits of a batch, float32 [n, k].

        Raises:
            OutOfMemory: The device has no memory for this batch; a smaller one may still fit.
            BackendFailed: The model cannot be run; the message says why.
        """

    def close(self) -> None:
        """Give the memory back; a second call does nothing."""


@runtime_checkable
class GrowingBackend(Protocol):
    """What a `Backend` has besides where its device may be worth larger batches than the first."""

    def has_room(self, batch_tokens: int) -> bool:
        """Whether batches of this many tokens are worth it and should fit, by those so far."""


class LogitsAndEvidence(NamedTuple):
    """What a model says of a batch, and where in it the reason stands.

    Attributes:
        logits: As `Backend.logits`.
        evidence: float32 [n, length], one logit a token: whether it belongs to what answers the
            query. That of the first segment, of special tokens and of padding means nothing.
    """

    logits: NDArray[np.float32]
    evidence: NDArray[np.float32]


@runtime_checkable
class EvidenceBackend(Protocol):
    """What a `Backend` has besides where it runs models that may say which tokens answer."""

    @property
    def has_evidence(self) -> bool:
        """Whether the model that it runs says so."""

    def logits_and_evidence(self, batch: Batch) -> LogitsAndEvidence:
        """Run a batch once and return all that the model says; only where `has_evidence`.

        The logits are those of `Backend.logits`, and so are the errors.
        """


def has_evidence(backend: Backend) -> TypeGuard[EvidenceBackend]:
    """Whether the model that a backend runs says which tokens answer."""
    return isinstance(backend, EvidenceBackend) and backend.has_evidence


class EncoderBackend(Protocol):
    """Runs one text encoder, whose rows hold one text each. As safe to call as a `Backend`."""

    @property
    def device(self) -> str:
        """Where the model runs."""

    @property
    def padding_weight(self) -> float:
        """As `Backend.padding_weight`."""

    def vectors(self, batch: Batch) -> NDArray[np.float32]:
        """Return a vector of unit length a row, float32 [n, dimensions].

        Which of a row's tokens are the first segment means nothing. Errors are those of
        `Backend.logits`.
        """

    def close(self) -> None:
        """Give the memory back; a second call does nothing."""
