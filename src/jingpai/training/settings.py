"""How a model is fine-tuned: what a user may choose, and what holds for everybody."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jingpai.errors import InvalidInput
from jingpai.guards import check_whole


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What a user may choose.

    Attributes:
        epochs: How often every query is seen, unless training stops before.
        learning_rate: Of the encoder, at its highest; what lies above it learns faster.
        negatives: How many documents that do not answer a query has at least; others are mined
            where there are fewer.
        held_out: Share of the queries that are kept out of training.
        max_tokens: Most tokens of query and passage together; None is the model's own limit.
        seed: Of the split and of the order of training.
    """

    epochs: int = 2
    learning_rate: float = 3e-5
    negatives: int = 4
    held_out: float = 0.2
    max_tokens: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of its range."""
        for name, least in (("epochs", 1), ("negatives", 1), ("seed", 0)):
            value = getattr(self, name)
            check_whole(name, value, least=least)
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InvalidInput(
                f"learning_rate: got {self.learning_rate!r}; allowed are numbers above 0: 3e-5."
            )
        if not 0.05 <= self.held_out <= 0.5:
            raise InvalidInput(
                f"held_out: got {self.held_out!r}; allowed are shares from 0.05 to 0.5."
            )
