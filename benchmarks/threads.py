"""What does it cost, and what does it bring, that threads spin while they wait for each other?

    python benchmarks/threads.py                                    # some 15 minutes
    python benchmarks/threads.py --surroundings quiet busy --rounds 9 --seconds 4

Each way to wait (see waiting.py) has a process of its own with the bundled model and its default of
threads; in each round all take a turn, the first one another time. The surroundings:

quiet    one process scores and nothing else runs, as far as the machine lets it
busy     beside it as many processes as there are processors do nothing but count
workers  two processes score at once, each with as many threads as cores, in a batch job's batches
server   `jingpai serve` answers one request of 10 documents every half second, and then none
1.5, 0.5 the time of so many cores, by a control group of version 2 with cpu.max where one can be
         made; elsewhere as many processors as that rounded up, and a process that is stopped for
         the rest of each tenth of a second in which it has had its share

Ratios are to `spin`, what ONNX Runtime does by itself, in the same round. Scores must not hang on
any of it: the largest difference of a logit is told. `jingpai.system.threads.WAITS` is where the
decision stands. Writes benchmarks/results/threads.json.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from contention import can_make_groups, control_group, neighbours, processor_seconds, throttled
from this_machine import machine
from waiting import WAYS

HERE = Path(__file__).parent
sys.path.append(str(HERE / "server"))

from clients import Job, seconds_of, send  # noqa: E402 - a script beside this folder
from serving import request, serving  # noqa: E402

RESULTS = HERE / "results" / "threads.json"
BATCH_TOKENS = 2048  # of a batch job
DOCUMENTS, EVERY_S = 10, 0.5  # of a request to the server, and between two
ORDINARY = next(iter(WAYS))

Figures = dict[str, float]
Turn = Callable[[float], Figures]


class Scorer:
    """A process of waiting.py that scores when it is told to."""

    def __init__(self, way: str, *arguments: str) -> None:
        command = [sys.executable, str(HERE / "waiting.py"), "--way", way, *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.about = self.answer()

    def begin(self, seconds: float) -> None:
        """Have it score for so long."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, object]:
        """Wait for what it says."""
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"it ended with {self.process.wait()}: {self.process.args}")
        return json.loads(line)

    def turn(self, seconds: float) -> Figures:
        """Score for so long."""
        self.begin(seconds)
        return self.answer()

    def close(self) -> None:
        """End it."""
        self.process.stdin.close()
        self.process.wait()


class Surroundings:
    """In which all ways are measured: what each turn is, and what is found beside the turns.

    Attributes:
        turns: By the way to wait.
        facts: For the results.
    """

    def __init__(self, stack: ExitStack) -> None:
        self.turns: dict[str, Turn] = {}
        self.facts: dict[str, object] = {}
        self.logits: dict[str, list[float]] = {}
        self._stack = stack

    def scorer(self, way: str, *arguments: str) -> Scorer:
        """Start a process, which ends with the surroundings."""
        scorer = Scorer(way, *arguments)
        self._stack.callback(scorer.close)
        self.logits[way] = scorer.about["logits"]
        self.facts["threads"] = scorer.about["threads"]
        return scorer

    def quiet(self) -> None:
        """Let each way score alone."""
        for way in WAYS:
            self.turns[way] = self.scorer(way).turn

    def busy(self) -> None:
        """Let each score beside processes that want all cores."""
        count = len(os.sched_getaffinity(0))
        self.facts["neighbours"] = count
        for way in WAYS:
            scorer = self.scorer(way)

            def turn(seconds: float, scorer: Scorer = scorer) -> Figures:
                with neighbours(count):
                    return scorer.turn(seconds)

            self.turns[way] = turn

    def workers(self) -> None:
        """Let two processes of each way score at once."""
        for way in WAYS:
            pair = [self.scorer(way, "--batch-tokens", str(BATCH_TOKENS)) for _ in range(2)]

            def turn(seconds: float, pair: list[Scorer] = pair) -> Figures:
                for scorer in pair:
                    scorer.begin(seconds)
                one, other = (scorer.answer() for scorer in pair)
                return {
                    "pairs/s": one["pairs/s"] + other["pairs/s"],
                    "CPU ms a pair": (one["CPU ms a pair"] + other["CPU ms a pair"]) / 2,
                }

            self.turns[way] = turn

    def server(self) -> None:
        """Ask a server of each way for little."""
        bodies = [json.dumps(request(number, documents=DOCUMENTS)) for number in range(8)]
        for way in WAYS:
            log = Path(tempfile.gettempdir()) / f"jingpai-threads-{way}.log"
            program = (str(HERE / "waiting.py"), "--way", way, "jingpai")
            server = self._stack.enter_context(serving(log=log, program=program))
            send(Job(server.port, bodies, connections=1, seconds=60, most=4))  # warms up

            def turn(seconds: float, server=server) -> Figures:  # noqa: ANN001 - of serving.py
                pid = server.process.pid
                before = processor_seconds(pid)
                rate = 1 / EVERY_S
                job = Job(server.port, bodies, connections=1, seconds=seconds, rate=rate)
                taken = seconds_of(send(job))
                after = processor_seconds(pid)
                time.sleep(1)
                return {
                    "milliseconds a request": 1000 * statistics.median(taken),
                    "CPU ms a request": 1000 * (after - before) / len(taken),
                    "CPU ms of an idle second": 1000 * (processor_seconds(pid) - after),
                }

            self.turns[way] = turn

    def quota(self, cores: float) -> None:
        """Let each way score with the time of so many cores."""
        can_make = can_make_groups()
        self.facts["quota by"] = (
            "cpu.max of a control group"
            if can_make
            else "no control group could be made: fewer processors, and a process that is stopped"
        )
        for way in WAYS:
            if can_make:
                group = self._stack.enter_context(control_group(cores))
                self.turns[way] = self.scorer(way, "--group", str(group)).turn
                continue
            scorer = self.scorer(way, "--processors", str(math.ceil(cores)))

            def turn(seconds: float, scorer: Scorer = scorer) -> Figures:
                with throttled(scorer.process, cores):
                    return scorer.turn(seconds)

            self.turns[way] = turn

    def measure(self, *, rounds: int, seconds: float) -> dict[str, object]:
        """Let all take their turns, and return the figures of each way."""
        found: dict[str, list[Figures]] = {way: [] for way in self.turns}
        ways = list(self.turns)
        for number in range(rounds):
            first = number % len(ways)
            for way in ways[first:] + ways[:first]:
                found[way].append(self.turns[way](seconds))
        if self.logits:
            self.facts["largest difference of a logit"] = max(
                abs(one - other)
                for logits in self.logits.values()
                for one, other in zip(logits, self.logits[ORDINARY], strict=True)
            )
        return {**self.facts, **{way: summary(found[way], found[ORDINARY]) for way in ways}}


SURROUNDINGS: dict[str, Callable[[Surroundings], None]] = {
    "quiet": Surroundings.quiet,
    "busy": Surroundings.busy,
    "workers": Surroundings.workers,
    "server": Surroundings.server,
    "1.5": lambda surroundings: surroundings.quota(1.5),
    "0.5": lambda surroundings: surroundings.quota(0.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--surroundings", nargs="+", choices=SURROUNDINGS, default=[*SURROUNDINGS])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4, help="of each turn")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    report: dict[str, object] = {
        "machine": machine(),
        "rounds": options.rounds,
        "seconds": options.seconds,
    }
    for name in options.surroundings:
        with ExitStack() as stack:
            surroundings = Surroundings(stack)
            SURROUNDINGS[name](surroundings)
            report[name] = surroundings.measure(rounds=options.rounds, seconds=options.seconds)
        print(name, json.dumps(report[name], indent=1), flush=True)
        # What is done is kept, should the rest go wrong.
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def summary(found: list[Figures], ordinary: list[Figures]) -> dict[str, object]:
    """Medians, and the ratios of each round to the ordinary way."""
    summed: dict[str, object] = {}
    for name in found[0]:
        ratios = [
            one[name] / other[name] if other[name] else math.nan
            for one, other in zip(found, ordinary, strict=True)
        ]
        summed[name] = round(statistics.median(figures[name] for figures in found), 2)
        summed[f"{name}, times that of {ORDINARY}"] = {
            "median": round(statistics.median(ratios), 3),
            "rounds": [round(ratio, 3) for ratio in ratios],
        }
    return summed


if __name__ == "__main__":
    main()
