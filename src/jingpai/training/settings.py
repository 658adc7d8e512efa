"""How a model is fine-tuned: what a user may choose, and what holds for everybody."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jingpai.errors import InvalidInput
from jingpai.guards import check_whole, shown
from jingpai.settings import setting

_LARGEST_SEED = 2**32 - 1
"""Of numpy; other sources of chance take larger ones."""


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What a user may choose.

    The learning rate is the encoder's, at its highest; what lies above it learns faster. Training
    may stop before all epochs are done.

    Raises:
        InvalidInput: A setting is out of its range.
    """

    epochs: int = setting(2, metavar="N", help="See every query so often at most (2).")
    learning_rate: float = setting(
        3e-5,
        metavar="RATE",
        help="How far a step goes (3e-5); lower where the model forgets too much.",
    )
    negatives: int = setting(
        4,
        metavar="N",
        help="Documents that do not answer, for each query (4); where there are fewer, others of"
        " DATA are added.",
    )
    held_out: float = setting(
        0.2, metavar="SHARE", help="Share of the queries that is not learnt from (0.2)."
    )
    max_tokens: int | None = setting(
        None,
        metavar="N",
        help="Most tokens of query and passage together; the model's limit without it.",
    )
    seed: int = setting(
        0,
        metavar="N",
        help="Of the choice of queries held out, and of the order of training (0).",
    )

    def __post_init__(self) -> None:
        """Refuse what is out of its range."""
        for name, least, most in (
            ("epochs", 1, None),
            ("negatives", 1, None),
            ("seed", 0, _LARGEST_SEED),
        ):
            value = getattr(self, name)
            check_whole(name, value, least=least, most=most)
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InvalidInput(
                f"learning_rate: got {shown(self.learning_rate)}; allowed are numbers above 0:"
                " 3e-5."
            )
        if not 0.05 <= self.held_out <= 0.5:
            raise InvalidInput(
                f"held_out: got {shown(self.held_out)}; allowed are shares from 0.05 to 0.5."
            )
