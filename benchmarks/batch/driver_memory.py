"""Memory of the driver of a batch job, by the number of rows.

    python benchmarks/batch/driver_memory.py --rows 10000 100000 1000000

A tiny model and short texts, so that the rows are many and not the work. Locally the driver holds
the model and all that goes through it; on Ray, the plan and the counts. Each run is a process of
its own; its peak is that of the whole process, Python and libraries included. Writes
driver_memory.json beside this file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "tests")]

from support.tiny_models import write_tiny_xlm_roberta  # noqa: E402 - of the tests

from this_machine import machine  # noqa: E402 - a script beside this folder

RESULTS = HERE / "driver_memory.json"

CHILD = """
import json, sys
from jingpai.batch.job import LocalExecutor, run_batch
from jingpai.batch.settings import BatchSettings
from jingpai.system.memory import read_memory

engine, source, output, model = sys.argv[1:]
if engine == "ray":
    from jingpai.distributed.batch import RayExecutor
    chosen = RayExecutor(workers=2)
else:
    chosen = LocalExecutor()
settings = BatchSettings(model=model, threads=1)
outcome = run_batch(source, output, settings=settings, engine=chosen)
print(json.dumps({"peak": read_memory().peak, "scored": outcome.totals.scored}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--formats", nargs="+", default=["parquet", "csv"])
    parser.add_argument("--engines", nargs="+", default=["local", "ray"])
    given = parser.parse_args()
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        model = write_tiny_xlm_roberta(
            Path(folder, "model"), num_hidden_layers=1, hidden_size=16, intermediate_size=32
        )
        for rows in given.rows:
            for ending in given.formats:
                source = Path(folder, f"{rows}.{ending}")
                write_rows(source, rows)
                for engine in given.engines:
                    output = Path(folder, f"{rows} {ending} {engine}")
                    peak = run(engine, source, output, model, rows=rows)
                    measured.append(
                        {"rows": rows, "format": ending, "engine": engine, "peak_mib": peak}
                    )
                    print(measured[-1], flush=True)
    results = {
        "command": f"python benchmarks/batch/driver_memory.py {' '.join(sys.argv[1:])}".strip(),
        "measured": measured,
        **machine(),
        "ray": version("ray"),
        "pyarrow": version("pyarrow"),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def write_rows(path: Path, rows: int) -> None:
    numbers = range(rows)
    columns = {"query": [f"q {n}" for n in numbers], "document": [f"d {n}" for n in numbers]}
    table = pa.table(columns)
    if path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        pq.write_table(table, path)


def run(engine: str, source: Path, output: Path, model: Path, *, rows: int) -> float:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, engine, str(source), str(output), str(model)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"JINGPAI_CACHE": str(model)},
    )
    report = json.loads(done.stdout)
    if report["scored"] != rows:
        raise SystemExit(f"{engine}, {source.name}: {report}")
    return round(report["peak"] / 2**20, 1)


if __name__ == "__main__":
    main()
