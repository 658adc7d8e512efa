"""A batch job of ten thousand million pairs on a thousand workers, simulated.

    pip install "jingpai[bench]"
    python benchmarks/cluster/simulate.py

Each worker takes a shard, opens it, scores it, writes it whole, and takes the next, as
`jingpai batch --engine ray` does. What cannot be known here is an argument: how fast a worker is
(measure it with `jingpai bench`), how much workers differ, how often one is lost, and how long
another takes to be there. A shard whose worker is lost is scored again from its beginning.

Bytes of the plan and of the manifests are those of the real classes, counted, not assumed.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import simpy

from jingpai.batch.formats.shard import Shard, Stretch
from jingpai.batch.work import Done

sys.path.insert(0, str(Path(__file__).parents[1]))
from this_machine import machine

RESULTS = Path(__file__).parent / "results"
HOUR_S = 3600.0
SAMPLED_SHARDS = 10_000


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is assumed of a cluster.

    Attributes:
        workers: How many there are, each with one copy of the model.
        pairs_a_second: Of a worker of middling speed.
        spread: Standard deviation of the logarithm of their speeds: neighbours, heat, other chips.
        slow_share: Share of workers that are slower by far: a bad disk, a full neighbour.
        slow_factor: How many times slower those are.
        hours_between_losses: Of one worker, on average; a spot instance lives for a day or so.
        replacement_s: Until another worker is there, with its model loaded.
        open_s: To open a shard, and to write its last bytes and its manifest.
        dispatch_s: Of the driver, each time it hands out: one after the other.
        most_handouts: Most parts that the shards are handed out in: several shards at a time where
            there are more. `jingpai.distributed.batch` has it as the blocks of its data set.
    """

    workers: int
    pairs_a_second: float
    spread: float
    slow_share: float
    slow_factor: float
    hours_between_losses: float
    replacement_s: float
    open_s: float
    dispatch_s: float
    most_handouts: int


@dataclass(slots=True)
class Seen:
    """What happened in a simulated job."""

    done: int = 0
    lost: int = 0
    wasted_s: float = 0.0
    first_idle_s: float = 0.0


class Job:
    """A simulated job: its shards, its workers, and the driver that hands out."""

    def __init__(self, cluster: Cluster, *, pairs: int, shard_pairs: int, seed: int) -> None:
        self._cluster = cluster
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self._environment = simpy.Environment()
        self._driver = simpy.Resource(self._environment)
        self.shards = math.ceil(pairs / shard_pairs)
        self._handouts = min(self.shards, cluster.most_handouts)
        # Alike, so that one number stands for each.
        self._pairs, self._opened = pairs / self._handouts, self.shards / self._handouts
        self._left = self._handouts
        self.speeds = [self._speed() for _ in range(cluster.workers)]
        self._all_done = self._environment.event()
        self._returned = self._environment.event()
        self.seen = Seen()

    def run(self) -> float:
        """Run it, and return the seconds that it takes."""
        for speed in self.speeds:
            self._environment.process(self._work(speed))
        self._environment.run(self._all_done)
        return float(self._environment.now)

    def _speed(self) -> float:
        cluster = self._cluster
        speed = cluster.pairs_a_second * self._random.lognormvariate(0.0, cluster.spread)
        return speed / cluster.slow_factor if self._random.random() < cluster.slow_share else speed

    def _work(self, speed: float) -> Iterator[simpy.Event]:
        cluster, environment, seen = self._cluster, self._environment, self.seen
        until_loss = self._until_loss()
        needed = cluster.open_s * self._opened + self._pairs / speed
        while seen.done < self._handouts:
            if not self._left:
                seen.first_idle_s = seen.first_idle_s or environment.now
                yield self._returned  # the shard of a worker that is lost, perhaps
                continue
            self._left -= 1
            with self._driver.request() as turn:
                yield turn
                yield environment.timeout(cluster.dispatch_s)
            if needed <= until_loss:
                yield environment.timeout(needed)
                until_loss -= needed
                seen.done += 1
                if seen.done == self._handouts:
                    self._all_done.succeed()
                continue
            yield environment.timeout(until_loss)
            seen.lost += 1
            seen.wasted_s += until_loss
            self._left += 1
            self._returned.succeed()
            self._returned = environment.event()
            yield environment.timeout(cluster.replacement_s)
            until_loss = self._until_loss()

    def _until_loss(self) -> float:
        return self._random.expovariate(1 / (self._cluster.hours_between_losses * HOUR_S))


def simulate(cluster: Cluster, *, pairs: int, shard_pairs: int, seed: int) -> dict[str, object]:
    """Return what a job with shards of one size comes to."""
    job = Job(cluster, pairs=pairs, shard_pairs=shard_pairs, seed=seed)
    seconds = job.run()
    ideal = pairs / sum(job.speeds)
    return {
        "pairs a shard": shard_pairs,
        "shards": job.shards,
        "minutes a shard": round(shard_pairs / cluster.pairs_a_second / 60, 1),
        "handed out in": min(job.shards, cluster.most_handouts),
        "hours": round(seconds / HOUR_S, 2),
        "efficiency": round(ideal / seconds, 3),
        "hours of the tail": round((seconds - (job.seen.first_idle_s or seconds)) / HOUR_S, 2),
        "attempts lost": job.seen.lost,
        "worker hours lost with them": round(job.seen.wasted_s / HOUR_S, 1),
        **bytes_of(job.shards, rows=shard_pairs),
    }


def bytes_of(shards: int, *, rows: int) -> dict[str, object]:
    """Return what so many shards take: on disk as manifests, in the driver as a plan."""
    digest = "0" * 64
    name = "part-00000-of-10000.parquet"

    def shard(index: int) -> Shard:
        first = index * rows
        stretch = Stretch(first, first + rows, first, rows, digest[:-7] + f"{index:07d}")
        return Shard(index, f"bucket/pairs/{name}", name, stretch)

    tracemalloc.start()
    sample = [shard(index) for index in range(SAMPLED_SHARDS)]
    in_memory = tracemalloc.get_traced_memory()[0] / len(sample)
    tracemalloc.stop()
    done = Done(
        shard=1_234_567,
        input=sample[-1].as_json(),
        rows=rows,
        scored=rows,
        bad=0,
        pairs=rows,
        file="part-1234567.parquet",
        bytes=1_234_567_890,
        sha256=digest,
        attempts=1,
        seconds=1234.567,
        ran_on="int8 on cpu",
    )
    on_disk = len(json.dumps(done.as_json()).encode())
    return {
        "MB of manifests": round(shards * on_disk / 1e6, 1),
        "MB of the plan in the driver": round(shards * in_memory / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pairs", type=int, default=10**10)
    parser.add_argument("--shard-pairs", type=int, nargs="+", default=SHARD_PAIRS)
    parser.add_argument("--seed", type=int, default=7)
    for field, default in asdict(DEFAULT).items():
        parser.add_argument(f"--{field.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--out", type=Path, default=RESULTS / "simulate.json")
    given = vars(parser.parse_args())
    cluster = Cluster(**{field: given[field] for field in asdict(DEFAULT)})
    began = time.monotonic()
    rows = [
        simulate(cluster, pairs=given["pairs"], shard_pairs=size, seed=given["seed"])
        for size in given["shard_pairs"]
    ]
    report = {
        "machine": machine(),
        "seconds to simulate": round(time.monotonic() - began),
        "pairs": given["pairs"],
        "assumed": asdict(cluster),
        "shards": rows,
    }
    given["out"].write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


def table(rows: list[dict[str, object]]) -> str:
    """Return the rows as a table in Markdown."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([f"{value:,}" for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


# Four cores with the bundled model: 36.2 pairs of 128 tokens a second and core, by
# benchmarks/results/bench-bundled. The rest is assumed, on the side of caution.
DEFAULT = Cluster(
    workers=1000,
    pairs_a_second=145.0,
    spread=0.1,
    slow_share=0.01,
    slow_factor=3.0,
    hours_between_losses=24.0,
    replacement_s=180.0,
    open_s=2.0,
    dispatch_s=0.005,
    most_handouts=100_000,
)
SHARD_PAIRS = [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000]

if __name__ == "__main__":
    main()
