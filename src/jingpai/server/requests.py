"""What every dialect turns its requests into, and its replies are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.types import DocumentLike, Ranking, Scale


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """A query and the documents to put in order.

    Attributes:
        query: What is asked.
        documents: Strings, mappings with the key `text`, or `Document`s.
        model: The name that the client wrote; None asks for the default model.
        top_n: Keep at most so many; None keeps all.
        threshold: Keep those whose score is at least this.
        scale: What scores mean; None is what they mean with this model.
        instruction: What the model should look for, if it reads instructions; None is the server's
            own setting.
        refuse_cut: Whether a document of which a part would not be read is an error.
    """

    query: str
    documents: Sequence[DocumentLike]
    model: str | None = None
    top_n: int | None = None
    threshold: float | None = None
    scale: Scale | None = None
    instruction: str | None = None
    refuse_cut: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """Pairs to be scored, and left in their order.

    `queries` holds one for all documents, or one for each; the other attributes are those of
    `RerankRequest`.
    """

    queries: Sequence[str]
    documents: Sequence[DocumentLike]
    model: str | None = None
    scale: Scale | None = None
    instruction: str | None = None
    refuse_cut: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """What a reply cost.

    Attributes:
        tokens: Tokens that the model read, the query counted with each passage.
        characters: Characters of the query and the documents.
        tokenization_s: Seconds from text to rows.
        queue_s: Seconds until the first of the rows was run.
        inference_s: Seconds from then until the last one was done.
        total_s: Seconds in all.
    """

    tokens: int
    characters: int
    tokenization_s: float
    queue_s: float
    inference_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class RerankReply:
    """A ranking and what it cost; `ranking.model` names the model that gave it."""

    ranking: Ranking
    work: Work


@dataclass(frozen=True, slots=True)
class ScoreReply:
    """One score a pair in the order of the pairs, and what it cost.

    Attributes:
        scores: One a pair.
        scale: What they mean.
        model: Name of the model that gave them.
        work: What it cost.
    """

    scores: list[float]
    scale: Scale
    model: str
    work: Work


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What clients may ask of a model.

    Attributes:
        name: What a request calls it.
        source: Where it was taken from, a repository or the name of the bundled model; never a
            path of this machine.
        revision: Of the repository, where it is known.
        max_tokens: Most tokens of a query and a passage together.
        device: `cpu`, `cuda:0`, `mps`.
        precision: `fp32`, `fp16`, `bf16` or `int8`.
        loaded: When it was loaded, seconds since 1970.
    """

    name: str
    source: str
    revision: str | None
    max_tokens: int
    device: str
    precision: str
    loaded: int
