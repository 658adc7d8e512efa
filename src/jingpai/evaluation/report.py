"""What an evaluation found: the order before, each model's, their measures; all of it as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jingpai.evaluation.statistics import Gain, Mean, gain_of, mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jingpai.evaluation.data.testset import Run, TestSet
    from jingpai.evaluation.measures import Values
    from jingpai.evaluation.rerank import Reranked

SCHEMA = 1
"""Rises with every change of the JSON form that a reader of the old one would not survive."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order of each query's candidates.

    Attributes:
        name: Of the model, or of the first stage.
        runs: Of each query, the scores that the order is decided on.
        values: Of each query, its measures.
    """

    name: str
    runs: Sequence[Run]
    values: Values


@dataclass(frozen=True, slots=True)
class ModelOrder(Order):
    """The order of a model.

    Attributes:
        run: What the model said, and how it was run.
    """

    run: Reranked

    def latency_s(self, percent: float) -> float | None:
        """Return the time that so many of the queries stay within; None without new scores."""
        seconds = self.run.seconds
        return float(np.percentile(seconds, percent)) if seconds else None


@dataclass(frozen=True)
class Report:
    """A whole evaluation.

    Attributes:
        date: When it began, ISO 8601, UTC.
        version: Of jingpai.
        test_set: What was asked, found and judged.
        measures: Their names; the first is the one that tables and plots show of each query.
        before: The order of the first stage.
        models: Each model's order.
    """

    date: str
    version: str
    test_set: TestSet
    measures: tuple[str, ...]
    before: Order
    models: tuple[ModelOrder, ...]

    @cached_property
    def languages(self) -> dict[str, list[int]]:
        """The queries of each language by their place, most queries first."""
        found: dict[str, list[int]] = {}
        for place, query in enumerate(self.test_set.queries):
            found.setdefault(query.language, []).append(place)
        return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))

    @property
    def without_relevant(self) -> int:
        """How many queries have no relevant document at all: they are 0 in every order."""
        return sum(not query.has_relevant for query in self.test_set.queries)

    def mean(self, order: Order, measure: str, *, places: Sequence[int] | None = None) -> Mean:
        """Return a measure's mean over queries, all of them or some."""
        return mean_of(_chosen(order, measure, places))

    def gain(self, model: Order, measure: str, *, places: Sequence[int] | None = None) -> Gain:
        """Return what a model adds to a measure of the order before."""
        return gain_of(_chosen(self.before, measure, places), _chosen(model, measure, places))

    def losses(self, model: Order) -> list[int]:
        """Return the queries that lose by the first measure, the worst first."""
        name = self.measures[0]
        differences = model.values[name] - self.before.values[name]
        return [place for place in np.argsort(differences, kind="stable") if differences[place] < 0]

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        return {
            "schema": SCHEMA,
            "date": self.date,
            "version": self.version,
            "data": self.test_set.name,
            "first_stage": self.test_set.first_stage,
            "queries": len(self.test_set.queries),
            "queries_without_relevant": self.without_relevant,
            "judged_not_in_corpus": self.test_set.absent,
            "measures": list(self.measures),
            "before": {"name": self.before.name, **self._groups_as_json(self.before)},
            "models": [self._model_as_json(model) for model in self.models],
            "per_query": [self._query_as_json(n) for n in range(len(self.test_set.queries))],
        }

    def _model_as_json(self, model: ModelOrder) -> dict[str, Any]:
        latency = {f"p{percent}": model.latency_s(percent) for percent in (50, 90, 99)}
        return {
            "name": model.name,
            "device": model.run.device,
            "precision": model.run.precision,
            "fingerprint": model.run.fingerprint,
            "pairs": sum(map(len, model.run.logits)),
            "latency_ms": {
                name: None if seconds is None else round(1000 * seconds, 3)
                for name, seconds in latency.items()
            },
            **self._groups_as_json(model),
        }

    def _groups_as_json(self, order: Order) -> dict[str, Any]:
        """Return the measures of an order over all queries, and of each language."""
        return {
            "measures": self._measures_as_json(order, None),
            "languages": {
                language: {
                    "queries": len(places),
                    "measures": self._measures_as_json(order, places),
                }
                for language, places in self.languages.items()
            },
        }

    def _measures_as_json(self, order: Order, places: Sequence[int] | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in self.measures:
            found[name] = _rounded(self.mean(order, name, places=places))
            if order is not self.before:
                found[name]["gain"] = _rounded(self.gain(order, name, places=places))
        return found

    def _query_as_json(self, place: int) -> dict[str, Any]:
        query = self.test_set.queries[place]
        return {
            "id": query.id,
            "query": query.text,
            "language": query.language,
            "before": _values_as_json(self.before, place),
            "models": [_values_as_json(model, place) for model in self.models],
        }


def _chosen(order: Order, measure: str, places: Sequence[int] | None) -> NDArray[np.float64]:
    values = order.values[measure]
    return values if places is None else values[np.array(places)]


def _rounded(numbers: Mean | Gain) -> dict[str, Any]:
    """Return the fields of a mean or a gain; JSON has no NaN, which is where there is none."""
    fields = numbers._asdict()
    return {name: round(one, 6) if np.isfinite(one) else None for name, one in fields.items()}


def _values_as_json(order: Order, place: int) -> dict[str, float]:
    return {name: round(float(values[place]), 6) for name, values in order.values.items()}
