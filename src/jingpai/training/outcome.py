"""What a run of fine-tuning ends with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jingpai.evaluation.statistics import Gain, Mean, gain_of

if TYPE_CHECKING:
    from jingpai.evaluation.report import ModelOrder, Report
    from jingpai.models.spec import ModelSpec
    from jingpai.training.fitting import Fitted
    from jingpai.training.groups import TrainingData
    from jingpai.training.settings import TrainSettings
    from jingpai.training.split import Split


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """A model that was trained, and how it compares.

    Attributes:
        data: What it learnt from, and what was held out of it.
        parts: Which queries served for what.
        parent: The model it was trained from.
        settings: What the user chose.
        fitted: How training went.
        report: The parent and the new model on the measured queries.
    """

    data: TrainingData
    parts: Split
    parent: ModelSpec
    settings: TrainSettings
    fitted: Fitted
    report: Report

    @property
    def orders(self) -> tuple[ModelOrder, ModelOrder]:
        """The parent's order, and that of the new model."""
        parent, tuned = self.report.models
        return parent, tuned

    def means(self, measure: str) -> tuple[Mean, Mean]:
        """Return a measure of the parent and of the new model."""
        parent, tuned = self.orders
        return self.report.mean(parent, measure), self.report.mean(tuned, measure)

    def gain(self, measure: str) -> Gain:
        """Return what the new model adds to its parent, query by query."""
        parent, tuned = self.orders
        return gain_of(parent.values[measure], tuned.values[measure])

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as JSON holds it; `evaluation` is what `jingpai eval` writes."""
        return {
            "parent": self.parent.name,
            "data": self.data.name,
            "queries": {
                "train": len(self.parts.train),
                "check": len(self.parts.check),
                "measured": len(self.parts.measured),
            },
            "steps": self.fitted.steps,
            "stopped_early": self.fitted.stopped_early,
            "best_step": self.fitted.best.step,
            "checks": [
                {
                    "step": check.step,
                    "nDCG@10": round(check.quality, 6),
                    "spread": round(check.spread, 6),
                }
                for check in (self.fitted.parent, *self.fitted.checks)
            ],
            "gain": {name: _as_json(self.gain(name)) for name in self.report.measures},
            "evaluation": self.report.as_json(),
        }


def _as_json(gain: Gain) -> dict[str, float | None]:
    """Return the fields of a gain; JSON has no NaN, which is where one query has no interval."""
    fields = gain._asdict()
    return {
        name: round(value, 6) if math.isfinite(value) else None for name, value in fields.items()
    }
