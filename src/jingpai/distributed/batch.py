"""The shards of a job on Ray Data: a pool of actors, each with a copy of the model.

An actor runs the same function on a shard as the local engine, and writes the output itself; the
driver hands out shards and counts. Which actor takes which shard, and what becomes of the shard of
one that died, is Ray's business.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jingpai import errors
from jingpai.batch.formats.shard import Shard
from jingpai.batch.work import Done, RowsDone, Work, run_shard
from jingpai.distributed.environment import prepare_environment
from jingpai.errors import ClusterFailed, JingpaiError
from jingpai.extras import needing
from jingpai.guards import check_whole
from jingpai.models.known.catalog import BUNDLED
from jingpai.system.threads import run_as

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from types import ModuleType

    from jingpai.batch.scorer import Scorer

_THREADS = 1
"""Cores of an actor: the threads of one model wait for each other in every batch, those of several
do not. What it costs is memory."""

# Blocks of the data set of shards. One shard each while they are few, so that the last ones are
# spread well; more cost the driver memory and time.
_MOST_BLOCKS = 100_000

# What Ray shares between processes are the names of shards and their counts.
_OBJECT_STORE_BYTES = 100 << 20


class RayExecutor:
    """Runs the shards of a job on a Ray cluster, or on one that is started on this machine."""

    name = "ray"

    def __init__(self, *, address: str | None = None, workers: int | None = None) -> None:
        """Say where.

        Args:
            address: Of a cluster: `auto`, `10.0.0.1:6379` or `ray://...`. None uses the Ray that
                this process is connected to, or starts one on this machine for the job.
            workers: Actors; None is one a GPU, or one for as many cores as a copy of the model
                has threads.

        Raises:
            InvalidInput: The number of workers is not a whole number from 1.
        """
        check_whole("workers", workers, optional=True)
        self._address = address
        self._workers = workers

    def run(self, work: Work, shards: Sequence[Shard], *, rows_done: RowsDone) -> Generator[Done]:
        """Run shards; see `jingpai.batch.job.Executor`.

        Raises:
            MissingExtra: Ray is not there.
            ClusterFailed: There is no cluster at the address, or it goes away.
            JingpaiError: What an actor could not do.
        """
        ray = require_ray(starts_ray=self._address is None)
        from jingpai.distributed.cluster import connected, first_line

        cluster = connected(
            self._address,
            object_store_memory=_OBJECT_STORE_BYTES,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
        with nullcontext() if ray.is_initialized() else cluster:
            try:
                for done in self._run(ray, work, shards):
                    rows_done(done.rows)
                    yield done
            except ray.exceptions.RayError as error:
                raise ClusterFailed(
                    f"Ray could not go on ({first_line(error)}). What is done is kept: run the"
                    " same command again. Where workers die in the same place each time, they"
                    " lack memory: give them fewer at once (--workers), or smaller batches."
                ) from error

    def _run(self, ray: ModuleType, work: Work, shards: Sequence[Shard]) -> Iterator[Done]:
        import ray.data

        cpus, gpus, workers = self._resources(ray.cluster_resources(), work)
        _quieten(ray.data.DataContext.get_current())
        items = [{"shard": json.dumps(shard.as_json())} for shard in shards]
        answers = ray.data.from_items(
            items, override_num_blocks=min(len(items), _MOST_BLOCKS)
        ).map_batches(
            ShardActor,
            fn_constructor_args=(replace(work, settings=replace(work.settings, threads=cpus)),),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(
                size=min(workers, len(items)), max_tasks_in_flight_per_actor=1
            ),
            num_cpus=cpus,
            num_gpus=gpus,
        )
        for row in answers.iter_rows():
            yield _done(json.loads(row["answer"]))

    def _resources(self, there: Mapping[str, float], work: Work) -> tuple[int, int, int]:
        """Return the cores and GPUs of an actor, and how many actors there are."""
        settings = work.settings
        cores, cards = int(there.get("CPU", 1)), int(there.get("GPU", 0))
        if settings.device == "cpu" or settings.model in (None, BUNDLED):
            cards = 0
        threads = settings.threads or _THREADS
        workers = self._workers or max(1, cards or cores // threads)
        return threads, int(cards > 0), workers


class ShardActor:
    """Scores shards with a model that is loaded once. Ray makes one in each process."""

    def __init__(self, work: Work) -> None:
        """Remember what the shards belong to; the model is loaded for the first of them."""
        run_as("ray")
        self._work = work
        self._scorer: Scorer | None = None

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, list[str]]:
        """Run shards, and return what became of each as JSON."""
        return {"answer": [json.dumps(self._answer(json.loads(shard))) for shard in batch["shard"]]}

    def _answer(self, shard: dict[str, Any]) -> dict[str, Any]:
        """Return a shard's manifest, or why the job cannot go on: that is no case for a retry."""
        try:
            if self._scorer is None:
                self._scorer = self._work.load()
            done = run_shard(Shard.read(shard), self._work, scorer=self._scorer)
        except JingpaiError as error:
            return {"error": type(error).__name__, "reason": str(error)}
        return done.as_json()


def require_ray(*, starts_ray: bool) -> ModuleType:
    """Return Ray, told to send nothing to its makers.

    Args:
        starts_ray: Whether Ray is started on this machine; otherwise a cluster is joined.

    Raises:
        MissingExtra: It is not there.
    """
    # Where Ray is imported already, the drivers of a Ray that is started here would not know its
    # token.
    prepare_environment(starts_ray=starts_ray and "ray" not in sys.modules)
    with needing("ray", what="--engine ray", packages="Ray"):
        import ray
        import ray.data
    return ray


def _quieten(context: Any) -> None:  # noqa: ANN401 - of Ray
    """Leave the terminal to the progress of jingpai, and let a shard take its time."""
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_no_progress_timeout_s = -1
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _done(answer: dict[str, Any]) -> Done:
    """Return a shard's manifest, or raise the error that an actor has met."""
    if "error" in answer:
        raise getattr(errors, answer["error"])(answer["reason"])
    return Done(**answer)
