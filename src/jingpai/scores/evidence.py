"""The logits of a sentence's tokens in, the sentence's score out: the one place for this rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jingpai.scores.calibration import logistic

if TYPE_CHECKING:
    from numpy.typing import NDArray


def sentence_score(logits: NDArray[np.float32]) -> float:
    """Return the score of a sentence in [0, 1]: the mean of what its tokens say.

    Args:
        logits: One a token of the sentence, at least one.
    """
    return float(logistic(logits.astype(np.float64)).mean())
