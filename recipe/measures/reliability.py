"""Scored pairs: how far their scores are off as probabilities, and what 0.5 puts on which side."""

from dataclasses import dataclass

import numpy as np

from jingpai.scores.calibration import logistic

BINS = 15


@dataclass(frozen=True)
class Pairs:
    """Scored pairs: what the model says of each, whether it is relevant, and how much it counts.

    `labels` are 0 and 1. The weights of all pairs sum to 1; within a source, which is a development
    set or the held-out groups, both sides weigh the same, and so do all sources.
    """

    logits: np.ndarray
    labels: np.ndarray
    sources: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """How much each pair counts."""
        weights = np.zeros(len(self.labels))
        for source in np.unique(self.sources):
            for side in (0, 1):
                here = (self.sources == source) & (self.labels == side)
                weights[here] = 1 / max(here.sum(), 1)
        return weights / weights.sum()

    def where(self, chosen: np.ndarray) -> "Pairs":
        """Some of the pairs, weighed anew."""
        return Pairs(self.logits[chosen], self.labels[chosen], self.sources[chosen])


def reliability(scores: np.ndarray, labels: np.ndarray, *, weights: np.ndarray) -> list[dict]:
    """Bins of equal weight from the lowest scores to the highest: what they say, and what is so."""
    order = np.argsort(scores, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2
    bins = np.minimum((middle * BINS).astype(int), BINS - 1)
    table = []
    for number in np.unique(bins):
        chosen = order[bins == number]
        weight = weights[chosen].sum()
        table.append(
            {
                "pairs": len(chosen),
                "weight": round(float(weight), 4),
                "from": round(float(scores[chosen[0]]), 4),
                "to": round(float(scores[chosen[-1]]), 4),
                "score": round(float(scores[chosen] @ weights[chosen] / weight), 4),
                "relevant": round(float(labels[chosen] @ weights[chosen] / weight), 4),
            }
        )
    return table


def calibration_error(table: list[dict]) -> float:
    """Expected calibration error: how far the bins are off, on average."""
    return round(sum(row["weight"] * abs(row["score"] - row["relevant"]) for row in table), 4)


def accuracy(pairs: Pairs) -> float:
    """Share that 0.5 puts on the right side, both sides weighing the same."""
    right = (pairs.logits > 0) == (pairs.labels == 1)
    return round(float(right @ pairs.weights), 4)


def describe(pairs: Pairs, *, slope: float, shift: float) -> dict:
    """All about one collection of pairs; `slope` and `shift` are those of the fit."""
    before = Pairs((pairs.logits - shift) / slope, pairs.labels, pairs.sources)
    table = reliability(logistic(pairs.logits), pairs.labels, weights=pairs.weights)
    prevalence = pairs.labels.mean()
    even = np.full(len(pairs.labels), 1 / len(pairs.labels))
    shifted = pairs.logits + np.log(prevalence / (1 - prevalence))
    as_found = reliability(logistic(shifted), pairs.labels, weights=even)
    return {
        "pairs": len(pairs.labels),
        "relevant": int(pairs.labels.sum()),
        "before": {
            "error": calibration_error(
                reliability(logistic(before.logits), before.labels, weights=before.weights)
            ),
            "accuracy": accuracy(before),
        },
        "after": {"error": calibration_error(table), "accuracy": accuracy(pairs)},
        "as_found": {
            "prevalence": round(float(prevalence), 4),
            "error": calibration_error(as_found),
        },
        "table": table,
    }


def part(pairs: Pairs) -> dict:
    """A line on some of the pairs."""
    scores = logistic(pairs.logits)
    return {
        "pairs": len(pairs.labels),
        "relevant": round(float(scores[pairs.labels == 1].mean()), 4),
        "irrelevant": round(float(scores[pairs.labels == 0].mean()), 4),
        "accuracy": accuracy(pairs),
    }


def by(pairs: Pairs, keys: list[str]) -> dict[str, dict]:
    """Lines on the pairs of each kind; `keys` names the kind of each source."""
    found = np.array(keys)[pairs.sources]
    return {key: part(pairs.where(found == key)) for key in sorted(set(keys))}
