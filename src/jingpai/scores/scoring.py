"""Logits in, scores out: heads, passages to documents, scales, order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from jingpai.errors import InvalidInput
from jingpai.guards import check_choice
from jingpai.scores.calibration import logistic
from jingpai.types import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jingpai.scores.calibration import Calibration


def relevance(
    logits: NDArray[np.float32], *, head: Literal["single", "two_class"]
) -> NDArray[np.float32]:
    """Return one logit a row, float32 [n], from what the model says, float32 [n, k].

    `two_class` gives the second logit minus the first, whose logistic is the softmax of the
    second class.
    """
    if head == "two_class":
        return logits[:, 1] - logits[:, 0]
    return logits[:, 0]


def best_passages(
    logits: NDArray[np.float32], sizes: Sequence[int]
) -> tuple[list[int], NDArray[np.float32]]:
    """Return for each document which of its passages is best, and that passage's logit.

    Of equal passages the first is best. A document one of whose passages has no number (NaN) has
    none either.

    Args:
        logits: One a passage, float32 [n]; the passages of a document stand together.
        sizes: How many passages each document has, at least one.

    Returns:
        Indices within each document's passages, and float32 [documents].
    """
    starts = np.cumsum([0, *sizes])
    best = [int(np.argmax(logits[a:b])) for a, b in itertools.pairwise(starts)]
    return best, logits[starts[:-1] + np.array(best, dtype=np.int64)]


def order(logits: NDArray[np.float32]) -> list[int]:
    """Return the indices of the logits, best first; equals keep the order they came in.

    The order is decided on logits because scores saturate: in float32 every logit over 17 has the
    logistic 1.0.
    """
    indices: list[int] = np.argsort(-logits, kind="stable").tolist()
    return indices


def to_scale(
    logits: NDArray[np.float32], scale: Scale, *, calibration: Calibration | None = None
) -> list[float]:
    """Return the scores of logits on a scale, as plain floats; NaN stays NaN.

    Raises:
        InvalidInput: The scale is `calibrated`, and there is no calibration.
    """
    values = logits.astype(np.float64)
    if scale == "calibrated":
        if calibration is None:
            raise InvalidInput(
                "scale: 'calibrated' needs a calibration, which `jingpai calibrate` makes:"
                ' Reranker(calibration="file.json").'
            )
        values = calibration.curve(values)
    if scale == "sigmoid":
        values = logistic(values)
    scores: list[float] = values.tolist()
    return scores


def checked_scale(scale: Scale | None, calibration: Calibration | None) -> Scale:
    """Return what scores mean, where nobody says: calibrated, if there is a calibration.

    Raises:
        InvalidInput: There is no such scale, or it needs a calibration.
    """
    if scale is None:
        return "sigmoid" if calibration is None else "calibrated"
    check_choice("scale", scale, get_args(Scale), optional=True)
    if scale == "calibrated" and calibration is None:
        raise InvalidInput(
            "scale: 'calibrated' needs a calibration: give calibration=\"file.json\" as well;"
            " `jingpai calibrate` writes the file."
        )
    return scale


def share_of_one(score: float, *, scale: Scale) -> float:
    """Return a score in [0, 1], whatever its scale."""
    return float(logistic(np.array(score))) if scale == "logit" else score
