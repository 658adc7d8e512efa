"""How good a state of the network is on queries held out, and when it is too bad to go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import torch
from sentence_transformers.base.evaluation import BaseEvaluator
from transformers import TrainerCallback

from jingpai.errors import TrainingStopped
from jingpai.evaluation.measures import measure
from jingpai.evaluation.statistics import gain_of
from jingpai.tokens.batching import plan_batches

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import CrossEncoder

    from jingpai.training.examples import Example
    from jingpai.training.networks.network import RerankerNetwork

MEASURE = "nDCG@10"

# Tokens that the network reads at once when it is checked.
_BATCH_TOKENS = 4096

# Of the parent's spread. Below it the scores of a group hardly differ any more.
_SMALLEST_SPREAD = 0.1
# Of nDCG@10 below the parent's. A smaller fall may be the first steps, and one whose interval holds
# 0 may be chance.
_LARGEST_FALL = 0.03


ADVICE = (
    "No model was written. Try a lower --learning-rate, and look whether the labels are right:"
    " answers that are marked 0 teach the opposite."
)


@dataclass(frozen=True, slots=True)
class Check:
    """A state of the network, measured.

    Attributes:
        step: How far training was; 0 is the parent.
        quality: Mean nDCG@10 of the queries.
        spread: How far the logits of a query's documents lie apart: the mean standard deviation.
        by_query: The nDCG@10 of each query; empty for a check that is only remembered.
    """

    step: int
    quality: float
    spread: float
    by_query: tuple[float, ...] = field(default=(), repr=False, compare=False)


OnCheck: TypeAlias = Callable[[Check], None]


class HeldOut(BaseEvaluator):
    """Measures a network on examples that it does not learn from.

    Attributes:
        last: What the trainer's last check has found.
    """

    last: Check

    def __init__(self, examples: Sequence[Example]) -> None:
        super().__init__()
        self._examples = examples

    def __call__(
        self,
        model: Any,  # noqa: ANN401 - the base class knows less of it
        output_path: str | None = None,
        epoch: float = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """Return the measures by the names under which the trainer knows them."""
        del output_path, epoch
        check = self.last = self.check(model, step=steps)
        return {"quality": check.quality, "spread": check.spread}

    def check(self, model: CrossEncoder, *, step: int) -> Check:
        """Measure a network."""
        logits = self._logits(model)
        judgements, runs = [], []
        for example, own in zip(self._examples, logits, strict=True):
            judged = example.group.judged
            judgements.append(judged.judgements)
            names = [str(document.id) for document in judged.documents]
            runs.append(dict(zip(names, own.tolist(), strict=True)))
        spread = float(np.mean([own.std() for own in logits]))
        if not math.isfinite(spread):  # what is no number has no order
            return Check(step, 0.0, spread, (0.0,) * len(runs))
        values = measure(judgements, runs)[MEASURE]
        return Check(step, float(values.mean()), spread, tuple(values.tolist()))

    def _logits(self, model: CrossEncoder) -> list[NDArray[np.float32]]:
        rows = [row for example in self._examples for row in example.rows]
        found = np.zeros(len(rows), np.float32)
        network = cast("RerankerNetwork", model[0])
        was_training = model.training
        model.eval()
        with torch.inference_mode():
            for places in plan_batches([len(row.ids) for row in rows], budget=_BATCH_TOKENS):
                features = network.preprocess([rows[place] for place in places])
                on_device = {name: feature.to(model.device) for name, feature in features.items()}
                # The module itself: once it trains, the model around it rounds to bfloat16.
                found[places] = network(on_device)["scores"][:, 0].cpu().numpy()
        model.train(was_training)
        ends = np.cumsum([len(example.rows) for example in self._examples])
        return np.split(found, ends[:-1])


class Guard(TrainerCallback):
    """Ends training where scores collapse or fall behind the parent's.

    Collapse is the common failure of fine-tuned rerankers: all scores become one, or all order is
    lost, and the loss alone does not tell.
    """

    def __init__(self, held_out: HeldOut, parent: Check, *, on_check: OnCheck) -> None:
        self._held_out = held_out
        self._parent = parent
        self._on_check = on_check

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ANN401
        """Look at what a check has found.

        Raises:
            TrainingStopped: It is too bad to go on.
        """
        del args, state, control
        self._on_check(self._held_out.last)
        refuse_if_broken(self._held_out.last, self._parent)


def refuse_if_broken(check: Check, parent: Check) -> None:
    """Raise where a state is far worse than the parent.

    Raises:
        TrainingStopped: Its scores have collapsed, or its order is clearly below the parent's.
    """
    if not check.spread > _SMALLEST_SPREAD * parent.spread:  # also where it is no number
        raise TrainingStopped(
            f"step {check.step}: the scores have collapsed. Those of one query lie"
            f" {check.spread:.3g} apart, the parent's {parent.spread:.3g}, so they order nothing."
            f" {ADVICE}"
        )
    fall = gain_of(np.array(parent.by_query), np.array(check.by_query))
    if fall.mean < -_LARGEST_FALL and fall.high < 0:
        raise TrainingStopped(
            f"step {check.step}: {MEASURE} on the queries held out fell to {check.quality:.3f},"
            f" below the parent's {parent.quality:.3f}, and chance does not explain it. {ADVICE}"
        )


def best_of(checks: Iterable[Check]) -> Check:
    """Return the first of the best."""
    return max(checks, key=lambda check: check.quality)
