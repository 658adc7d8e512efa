"""What a batch job costs in one process, and on a Ray of this computer.

    python benchmarks/batch/engines.py --rows 20000 --rounds 2
    python benchmarks/batch/engines.py --rows 100000 --rounds 1 \
        --engines local "ray, 2 workers of 1 thread" --output benchmarks/batch/engines-100000.json

Short pairs of many languages through the bundled model on two cores: locally, on Ray with one
worker of two threads, and on Ray with two workers of one thread, in turns. Two figures count from
the first finished shards to the last: rows a second, which need a machine without other work, and
the processor's time a row of all processes of the job, Ray's own among them, which does not. What
the job takes before that (the imports, the model, starting Ray) is its start. The parts are
compared byte by byte. Writes engines.json beside this file, unless told another one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import tomllib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from this_machine import machine  # noqa: E402 - a script beside this folder

RESULTS = HERE / "engines.json"
WRITTEN = HERE.parent.parent / "recipe" / "written"
SHARD_ROWS = 250
GOAL_ROWS = 100_000
MARK = "JINGPAI_BENCHMARK_RUN"
TICKS = os.sysconf("SC_CLK_TCK")

ENGINES = {
    "local": (),
    "ray, 1 worker of 2 threads": ("--engine", "ray", "--workers", "1", "--threads", "2"),
    "ray, 2 workers of 1 thread": ("--engine", "ray", "--workers", "2", "--threads", "1"),
}


class Measured(NamedTuple):
    """One run.

    Attributes:
        rows_a_second: From the first shards that are done.
        cpu_ms_a_row: Of all processes, from then on.
        start_s: All that comes before, and the end.
        start_cpu_s: Of all processes, in that time.
        parts: What was written.
    """

    rows_a_second: float
    cpu_ms_a_row: float
    start_s: float
    start_cpu_s: float
    parts: dict[str, bytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--output", type=Path, default=RESULTS)
    given = parser.parse_args()
    if "local" not in given.engines:
        parser.error("the others are compared with local: name it too")
    runs: dict[str, list[Measured]] = {name: [] for name in given.engines}
    facts = machine() | {"ray": version("ray"), "pyarrow": version("pyarrow")}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "pairs.parquet")
        characters = write_pairs(source, given.rows)
        for round_ in range(given.rounds):
            for name in given.engines:
                output = Path(folder, f"{round_} {name}")
                runs[name].append(run(source, output, rows=given.rows, options=ENGINES[name]))
                print(name, runs[name][-1][:4], flush=True)
    expected = runs["local"][0].parts
    results = {
        "command": f"python benchmarks/batch/engines.py {shlex.join(sys.argv[1:])}",
        "rows": given.rows,
        "characters of a pair": characters,
        "engines": {name: summary(measured) for name, measured in runs.items()},
        "all parts are equal": all(
            one.parts == expected for measured in runs.values() for one in measured
        ),
        **facts,
    }
    base = results["engines"]["local"]
    for one in results["engines"].values():
        mine, other = (
            [
                goal(engine, "start, s", 1 / engine["rows/s"]),
                goal(engine, "start, CPU s", engine["CPU ms a row"] / 1000),
            ]
            for engine in (one, base)
        )
        one[f"less in the same time, {GOAL_ROWS} rows, %"] = less(mine[0], other[0])
        one[f"less for the same CPU time, {GOAL_ROWS} rows, %"] = less(mine[1], other[1])
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    given.output.write_text(text, encoding="utf-8")
    print(text)


def write_pairs(path: Path, rows: int) -> float:
    """Write pairs, each with a number in it so that no two are alike; return their mean length."""
    dice = random.Random(0)  # noqa: S311 - a benchmark, not a secret
    queries, passages = [], []
    for file in sorted(WRITTEN.glob("*/*.toml"), key=lambda file: (file.stem, file.parent.name)):
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
            right = case["right"]
            queries.append(case["query"])
            passages += [right] if isinstance(right, str) else right
            passages += case["wrong"]
    chosen = [dice.choice(queries) for _ in range(rows)]
    documents = [f"{dice.choice(passages)} ({number})" for number in range(rows)]
    pq.write_table(pa.table({"query": chosen, "document": documents}), path)
    return round(sum(map(len, chosen + documents)) / rows, 1)


def run(source: Path, output: Path, *, rows: int, options: tuple[str, ...]) -> Measured:
    # From when each worker has ended its first shard, so that none is half done.
    workers = 2 if "2" in options[3:4] else 1
    mark = uuid.uuid4().hex
    begin, at_first = time.time(), 0.0
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jingpai", "batch", source, output),
            *("--shard-rows", str(SHARD_ROWS), *options),
        ],
        env=os.environ | {MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    cpu: dict[int, float] = {}
    while process.poll() is None:
        cpu |= cpu_of(mark)
        if not at_first and len(list((output / "_shards").glob("*.json"))) >= workers:
            at_first = sum(cpu.values())
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}")
    wall = time.time() - begin
    ends = sorted(path.stat().st_mtime for path in (output / "_shards").glob("*.json"))
    counted = rows - workers * SHARD_ROWS
    rate, cost = counted / (ends[-1] - ends[workers - 1]), (sum(cpu.values()) - at_first) / counted
    parts = {path.name: path.read_bytes() for path in output.glob("part-*")}
    return Measured(rate, 1000 * cost, wall - rows / rate, sum(cpu.values()) - cost * rows, parts)


def cpu_of(mark: str) -> dict[int, float]:
    """Return the processor's time of each process that was started, by whomever, for a run."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # A process may end while it is looked at.
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                found[int(folder.name)] = (int(fields[11]) + int(fields[12])) / TICKS
    return found


def summary(runs: list[Measured]) -> dict[str, object]:
    rates = [round(one.rows_a_second, 1) for one in runs]
    costs = [round(one.cpu_ms_a_row, 2) for one in runs]
    return {
        "rows/s": statistics.median(rates),
        "rows/s of each round": rates,
        "CPU ms a row": statistics.median(costs),
        "CPU ms a row of each round": costs,
        "start, s": round(statistics.median(one.start_s for one in runs), 1),
        "start, CPU s": round(statistics.median(one.start_cpu_s for one in runs), 1),
    }


def goal(engine: dict[str, object], start: str, row: float) -> float:
    """Return what a job of the goal's size takes."""
    return engine[start] + GOAL_ROWS * row


def less(cost: float, base: float) -> float:
    """Return by how many per cent less is done for the same."""
    return round(100 * (1 - base / cost), 1)


if __name__ == "__main__":
    main()
