"""The server on Ray Serve: what a configuration file names, and what `jingpai serve` runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy, BackpressureConfig

from jingpai.distributed.arguments import read_settings
from jingpai.distributed.autoscaling import QueuedTokens
from jingpai.distributed.replica import Replica
from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jingpai.server.settings import ServerSettings

NAME = "jingpai"
"""Of the application, and of its one deployment."""

# Probes, the page and requests that are about to be refused come beside those in work.
_SPARE_REQUESTS = 64

_RETRY_AFTER_S = 1

# The queue is looked at often enough for a burst to be answered by more replicas while it lasts,
# and replicas stay long enough not to load their models again for the next one.
_LOOK_BACK_S = 15
_UPSCALE_DELAY_S = 15
_DOWNSCALE_DELAY_S = 300


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many replicas there are.

    Attributes:
        least: Replicas that are there at all times.
        most: Replicas that may be there when much waits; None means never more than the least.
    """

    least: int = 1
    most: int | None = None

    @property
    def limit(self) -> int:
        """Most replicas at any time."""
        return self.least if self.most is None else self.most


def build(args: Mapping[str, Any]) -> serve.Application:
    """Return the application for a configuration file, whose `import_path` names this function.

    Args:
        args: Settings of `jingpai serve` by their names, and `no_auth`. Keys are better left to
            the variable JINGPAI_API_KEYS. How many replicas there are stands under `deployments`.

    Raises:
        InvalidInput: A setting is unknown or cannot be used, or no key is set.
    """
    return application(read_settings(args))


def application(settings: ServerSettings, *, replicas: Replicas | None = None) -> serve.Application:
    """Return the server as an application of Ray Serve.

    Args:
        settings: Those of each replica.
        replicas: How many there are; without it one, or what a configuration file says.

    Raises:
        InvalidInput: A setting is of no use on Ray, or there would be no replica.
    """
    replicas = replicas or Replicas()
    check(settings, replicas=replicas)
    number: dict[str, Any] = (
        {"num_replicas": replicas.least}
        if replicas.most is None
        else {"autoscaling_config": _autoscaling(replicas)}
    )
    deployment = serve.deployment(
        name=NAME,
        ray_actor_options={"num_cpus": cores(settings), "num_gpus": _gpus(settings)},
        # A replica itself refuses what is over its limits, in the words of the client's dialect.
        max_ongoing_requests=settings.max_requests + _SPARE_REQUESTS,
        max_queued_requests=settings.max_requests,
        backpressure_config=BackpressureConfig(status_code=429, retry_after_s=_RETRY_AFTER_S),
        graceful_shutdown_wait_loop_s=0.5,
        # The last second is for giving the memory back.
        graceful_shutdown_timeout_s=math.ceil(settings.drain_timeout) + 1,
        health_check_period_s=5,
        max_constructor_retry_count=3,
        # A new replica is ready before an old one goes.
        max_surge_percent=20,
        logging_config={"enable_access_log": False, "log_level": "WARNING"},
        **number,
    )(serve.ingress()(Replica))
    return deployment.bind(replace(settings, threads=cores(settings)))


THREADS = 4
"""CPU threads of a model, where nothing else is said: one request waits for one model."""


def cores(settings: ServerSettings) -> int:
    """Return the cores of a replica: as many as its model has threads."""
    return settings.threads or THREADS


def _gpus(settings: ServerSettings) -> int:
    return 1 if (settings.device or "cpu").startswith("cuda") else 0


def _autoscaling(replicas: Replicas) -> AutoscalingConfig:
    return AutoscalingConfig(
        min_replicas=replicas.least,
        max_replicas=replicas.limit,
        look_back_period_s=_LOOK_BACK_S,
        upscale_delay_s=_UPSCALE_DELAY_S,
        downscale_delay_s=_DOWNSCALE_DELAY_S,
        policy=AutoscalingPolicy(policy_function=QueuedTokens),  # type: ignore[no-untyped-call]
    )


def check(settings: ServerSettings, *, replicas: Replicas) -> None:
    """Make sure that what is asked for means something on Ray.

    Raises:
        InvalidInput: They do not.
    """
    if settings.workers != 1:
        raise InvalidInput(
            f"workers: got {settings.workers}, but on Ray it is replicas that are several:"
            f" --replicas {settings.workers}, or num_replicas in a configuration file."
        )
    if (settings.device or "").startswith("cuda:"):
        raise InvalidInput(
            f"device: got {settings.device!r}; on Ray write cuda, for it gives each replica a GPU"
            " of its own."
        )
    if not 1 <= replicas.least <= replicas.limit:
        raise InvalidInput(
            f"replicas: got {replicas.least}, at most {replicas.limit}; allowed are whole numbers"
            " from 1, the second no less than the first."
        )
