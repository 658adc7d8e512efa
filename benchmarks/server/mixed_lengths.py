"""What do batches of mixed lengths cost, and what do they gain, with padding and without?

    python benchmarks/server/mixed_lengths.py

One backend after the other, of seeded random weights: a graph on the CPU, whose rows are packed for
all but attention, and PyTorch on the CPU, which packs them for everything. Rows of the requests of
several clients go through the server's scheduler, and those of single requests through the
library's batches, once with padding counted as text and once by a smaller weight, in turns. Times
are of the processor, with one thread: other work on the machine disturbs them least. Writes
benchmarks/server/results/mixed_lengths.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

import numpy as np
import torch

from jingpai.backends.base import Backend, Batch
from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend
from jingpai.backends.pytorch.cross_encoder import TorchBackend
from jingpai.engine.batch_runner import BatchRunner
from jingpai.engine.scored_rows import ScoredRows
from jingpai.server.scheduler import Scheduler
from jingpai.tokens.tokenizer import Row

sys.path.append(str(Path(__file__).parent.parent))

from random_checkpoint import Shape, write_checkpoint
from this_machine import machine

RESULTS = Path(__file__).parent / "results"
SHAPE = Shape(layers=4, hidden=384, heads=12, positions=514)
BUDGET = 640
CLIENTS = 16
DOCUMENTS = (1, 2, 5, 5, 10)
LENGTHS = {"50-130": (50, 130), "20-400": (20, 400)}
SMALL_WEIGHTS = {"graph": 0.3, "torch": 0.01}


class CountingEngine:
    """Runs rows in batches like an engine, and counts batches and tokens of text."""

    batch_tokens = BUDGET

    def __init__(self, backend: Backend, *, weight: float) -> None:
        self.padding_weight = weight
        self.text = self.batches = 0
        self._runner = BatchRunner(
            backend.logits, batch_tokens=BUDGET, device="cpu", padding_weight=weight
        )

    def score(self, rows: list[Row]) -> ScoredRows:
        """Return the first output of each row."""
        logits = np.zeros(len(rows), np.float32)
        for places, answer in self._runner.run(rows):
            logits[places] = answer[:, 0]
            self.batches += 1
        self.text += sum(len(row.ids) for row in rows)
        return ScoredRows(logits, {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--out", type=Path, default=RESULTS / "mixed_lengths.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    about = machine()
    measured: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, graph = Path(folder) / "checkpoint", Path(folder) / "graph"
        write_checkpoint(checkpoint, SHAPE)
        graph.mkdir()
        convert(checkpoint, graph, precision="int8")
        backends = {
            "graph": OnnxBackend(graph, threads=1),
            "torch": TorchBackend(checkpoint, device="cpu", precision="fp32"),
        }
    for name, backend in backends.items():
        measured[name] = {
            "microseconds_a_token": one_batch(backend, rounds=arguments.rounds),
            "small_weight": SMALL_WEIGHTS[name],
            "text_a_second_beside_padding_as_text": weights(backend, name, arguments),
        }
    report = {**about, "shape": str(SHAPE), "budget": BUDGET, "backends": measured}
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def one_batch(backend: Backend, *, rounds: int) -> dict[str, float]:
    """Microseconds a token: of full and nearly empty batches, and of padding."""
    full = seconds(backend, [64] * 20, rounds=rounds) / (20 * 64)
    small = seconds(backend, [64] * 2, rounds=rounds) / (2 * 64)
    mixed = seconds(backend, [256] + [64] * 12, rounds=rounds)
    apart = seconds(backend, [256], rounds=rounds) + seconds(backend, [64] * 12, rounds=rounds)
    padding = (mixed - apart) / (12 * (256 - 64))
    found = {"batch_of_1280": full, "batch_of_128": small, "padding_64_to_256": padding}
    return {name: round(value * 1e6, 1) for name, value in found.items()}


def seconds(backend: Backend, lengths: list[int], *, rounds: int) -> float:
    dice = np.random.default_rng(0)
    batch = Batch(
        dice.integers(5, 5000, (len(lengths), max(lengths))),
        np.array(lengths, np.int32),
        np.full(len(lengths), 8, np.int32),
    )
    found = []
    for _ in range(rounds + 1):
        began = time.process_time()
        backend.logits(batch)
        found.append(time.process_time() - began)
    return statistics.median(found[1:])


def weights(backend: Backend, name: str, arguments: argparse.Namespace) -> dict[str, object]:
    """Compare the two ways to count padding, for each kind of load."""
    found = {}
    for lengths, (least, most) in LENGTHS.items():
        loads: dict[str, Callable[[CountingEngine], None]] = {
            f"server, {lengths} tokens": lambda engine, least=least, most=most: serve(
                engine, requests(least, most), answers=arguments.requests
            ),
            f"library, 10 documents of {lengths} tokens": lambda engine, least=least, most=most: (
                rank(engine, requests(least, most, sizes=(10,)), calls=arguments.requests // 4)
            ),
        }
        for load, run in loads.items():
            ratios, batches = [], {}
            for _ in range(arguments.rounds):
                speeds = []
                for weight in (1.0, SMALL_WEIGHTS[name]):
                    engine = CountingEngine(backend, weight=weight)
                    began = time.process_time()
                    run(engine)
                    speeds.append(engine.text / (time.process_time() - began))
                    batches[str(weight)] = engine.batches
                ratios.append(speeds[1] / speeds[0])
            found[load] = {
                "ratio": round(statistics.median(ratios), 3),
                "ratios": [round(ratio, 3) for ratio in ratios],
                "batches": batches,
            }
    return found


def requests(least: int, most: int, *, sizes: tuple[int, ...] = DOCUMENTS) -> Iterator[list[Row]]:
    """Yield the rows of one request after another: as many short rows as long ones."""
    dice = np.random.default_rng(0)
    while True:
        lengths = np.exp(dice.uniform(np.log(least), np.log(most), int(dice.choice(sizes))))
        yield [Row(tuple(dice.integers(5, 5000, int(length))), 8, 0, 0) for length in lengths]


def serve(engine: CountingEngine, asked: Iterator[list[Row]], *, answers: int) -> None:
    """Have as many clients wait at all times, until so many requests are answered."""
    scheduler = Scheduler(engine)
    waiting: set[Future] = {scheduler.submit(next(asked)) for _ in range(CLIENTS)}
    while answers > 0:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        answers -= len(done)
        waiting |= {scheduler.submit(next(asked)) for _ in done}
    scheduler.close()


def rank(engine: CountingEngine, asked: Iterator[list[Row]], *, calls: int) -> None:
    for _ in range(calls):
        engine.score(next(asked))


if __name__ == "__main__":
    main()
