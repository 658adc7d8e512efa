"""Whether a model gives the scores that others have published for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jingpai.errors import InvalidInput
from jingpai.models.hub.repository import take_apart
from jingpai.models.known.catalog import BUNDLED, find
from jingpai.reranker import Reranker
from jingpai.scores import scoring
from jingpai.system.folders import exists, expanded
from jingpai.verification.goldens import goldens_of, verifiable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.types import Precision
    from jingpai.verification.goldens import Golden

EXTRA_LOGIT: dict[Precision, float] = {"fp32": 0.0, "fp16": 0.05, "bf16": 0.25, "int8": 0.5}
"""How much further a logit may lie from the published one where it is not computed in fp32. No
source ran int8, and none is held to it: 0.5 tells a rounded model from a wrong one, no more."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published score, and the one that came out here.

    Attributes:
        golden: The published one.
        got: The one from here, on the same scale.
        allowed: How far apart the two may lie.
    """

    golden: Golden
    got: float
    allowed: float

    @property
    def difference(self) -> float:
        """What came out minus what was published."""
        return self.got - self.golden.score

    @property
    def is_within(self) -> bool:
        """Whether the difference is allowed."""
        return abs(self.difference) <= self.allowed


@dataclass(frozen=True, slots=True)
class Verification:
    """All published scores of a model against its own.

    Attributes:
        model: Name of the model whose published scores these are.
        device: Where it ran.
        precision: What it ran in.
        comparisons: One a published score.
    """

    model: str
    device: str
    precision: str
    comparisons: tuple[Comparison, ...]

    @property
    def failed(self) -> int:
        """How many scores are further off than allowed."""
        return sum(not comparison.is_within for comparison in self.comparisons)


def find_goldens(model: str, *, known_as: str | None = None) -> tuple[Golden, ...]:
    """Return the published scores that a model is to be held against.

    Args:
        model: A name from the catalog, in any of its forms, or a folder of that name.
        known_as: The name of the model that a folder holds, where its own name does not say.

    Raises:
        InvalidInput: The model is not known, or none of its scores are published.
    """
    is_folder = _is_folder(model)
    own_name = expanded(model).resolve().name if is_folder else take_apart(model).name
    name = (known_as or own_name).strip()
    spec = find(name)
    goldens = goldens_of(spec.name) if spec else ()
    if goldens:
        return goldens
    if spec and spec.name == BUNDLED:
        reason = "the tests of jingpai hold the bundled model against the scores of its training"
    elif spec:
        reason = "none of its scores are published with their texts"
    elif is_folder and known_as is None:
        reason = "the name of a folder has to say which model it holds, or else --as NAME"
    else:
        reason = "it is none of the models that `jingpai models` lists"
    raise InvalidInput(
        f"model: {name!r} cannot be verified: {reason}. Published scores are known of"
        f" {', '.join(verifiable())}."
    )


def _is_folder(text: str) -> bool:
    return exists(text) and expanded(text).is_dir()


def verify(
    model: str,
    *,
    goldens: Sequence[Golden],
    precision: Precision = "fp32",
    device: str | None = None,
) -> Verification:
    """Load a model and compare it with published scores, scored as their sources score.

    Args:
        model: A name or a folder, as for `Reranker`.
        goldens: Published scores of one model, at least one.
        precision: As for `Reranker`.
        device: As for `Reranker`.

    Raises:
        JingpaiError: As `Reranker` says.
    """
    with Reranker(
        model,
        precision=precision,
        device=device,
        scale="logit",
        long_documents="truncate",
        clean=False,
    ) as reranker:
        compared = compare(reranker, goldens)
        return Verification(goldens[0].model, reranker.device, reranker.precision, tuple(compared))


def compare(reranker: Reranker, goldens: Sequence[Golden]) -> list[Comparison]:
    """Score the pairs of published scores and put both side by side, in their order.

    Args:
        reranker: On the scale `logit`, and without cleaning, which no source does.
        goldens: Published scores.

    Raises:
        InvalidInput: The reranker's scale is another one.
        BackendFailed: As `Reranker.score` says.
    """
    if reranker.scale != "logit":
        raise InvalidInput(f"reranker: its scale is {reranker.scale!r}, and must be 'logit'.")
    queries = [golden.query for golden in goldens]
    scores = reranker.score(queries, [[golden.document] for golden in goldens])
    extra = EXTRA_LOGIT[reranker.engine.backend.precision]
    return [
        _compared(golden, logit=logit, extra=extra)
        for golden, (logit,) in zip(goldens, scores, strict=True)
    ]


def _compared(golden: Golden, *, logit: float, extra: float) -> Comparison:
    (got,) = scoring.to_scale(np.array([logit], np.float32), golden.scale)
    # The logistic is nowhere steeper than 1/4.
    more = extra if golden.scale == "logit" else extra / 4
    return Comparison(golden, got, golden.tolerance + more)
