"""The server's numbers as metrics of Ray, whose agents show those of all replicas to Prometheus.

`/metrics` of the application could only ever show the replica that happened to be asked.
"""

from __future__ import annotations

from typing import Any

from ray.serve import metrics as ray_metrics

from jingpai.server.http.metrics import Metrics


class RayMetrics(Metrics):
    """All metrics of a replica; Ray adds which replica, deployment and application they are of."""

    has_page = False

    def _counter(self, name: str, meaning: str, labels: tuple[str, ...] = ()) -> Any:  # noqa: ANN401
        # Ray's annotation allows one tag alone; its code allows any number.
        counter = ray_metrics.Counter(f"jingpai_{name}", meaning, labels)  # type: ignore[arg-type]
        return _Series(counter, labels)

    def _gauge(self, name: str, meaning: str) -> Any:  # noqa: ANN401 - written to as those are
        return _Series(ray_metrics.Gauge(f"jingpai_{name}", meaning))

    def _histogram(
        self, name: str, meaning: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
    ) -> Any:  # noqa: ANN401
        histogram = ray_metrics.Histogram(
            f"jingpai_{name}",
            meaning,
            list(buckets),
            labels,  # type: ignore[arg-type]
        )
        return _Series(histogram, labels)


class _Series:
    """A metric of Ray that is written to as one of prometheus-client."""

    def __init__(
        self,
        metric: Any,  # noqa: ANN401 - one of the three kinds, each with a method of its own
        labels: tuple[str, ...] = (),
        tags: dict[str, str] | None = None,
    ) -> None:
        self._metric = metric
        self._labels = labels
        self._tags = tags

    def labels(self, *values: str) -> _Series:
        return _Series(self._metric, tags=dict(zip(self._labels, values, strict=True)))

    def inc(self, by: float = 1.0) -> None:
        if by:  # Ray takes no zero
            self._metric.inc(by, tags=self._tags)

    def observe(self, value: float) -> None:
        self._metric.observe(value, tags=self._tags)

    def set(self, value: float) -> None:
        self._metric.set(value, tags=self._tags)
