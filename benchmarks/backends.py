"""How fast each backend runs on the CPU, and how much memory a conversion takes.

    python benchmarks/backends.py

Needs the extra `torch`. Writes cross-encoders of two sizes with seeded random weights (the larger
has the shape of bge-reranker-v2-m3: 24 layers of 1024, 250,002 words, 2.2 GB in float32), converts
them in processes of their own, and times batches of 16 rows of 128 tokens in rounds, each backend
once a round, so that what else runs on the machine meets all of them alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from jingpai.backends.base import Backend, Batch
from jingpai.backends.loader import open_backend
from random_checkpoint import Shape, write_checkpoint
from this_machine import machine

ROWS, LENGTH, ROUNDS = 16, 128, 5
SIZES = {
    "12x384": Shape(layers=12, hidden=384, heads=12, positions=514),
    "24x1024": Shape(layers=24, hidden=1024, heads=16, positions=514),
}
RESULTS = Path(__file__).parent / "results" / "backends.json"

CONVERSION = """
import sys, time
from pathlib import Path
from jingpai.backends.graph import convert
start = time.perf_counter()
convert(Path(sys.argv[1]), Path(sys.argv[2]), precision=sys.argv[3])
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(time.perf_counter() - start, int(status["VmHWM"].split()[0]) / 1e6)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    arguments = parser.parse_args()
    report: dict[str, object] = {"machine": machine(), "batch": f"{ROWS} rows of {LENGTH} tokens"}
    for name in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            report[name] = measure(Path(folder), name)
        print(name, json.dumps(report[name], indent=1))
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure(folder: Path, name: str) -> dict[str, object]:
    """Write, convert and run one model."""
    checkpoint = folder / "checkpoint"
    write_checkpoint(checkpoint, SIZES[name])
    conversions, backends = {}, {}
    for precision in ("fp32", "int8"):
        output = folder / precision
        output.mkdir()
        conversions[precision] = conversion(checkpoint, output, precision)
        backends[f"onnx {precision}"] = open_backend(output)
    torch = open_torch(checkpoint)
    backends["torch fp32"] = torch
    times = milliseconds_per_row(backends)
    best = {backend: min(values) for backend, values in times.items()}
    return {
        "milliseconds_per_row": {backend: round(value, 2) for backend, value in best.items()},
        "median_milliseconds_per_row": {
            backend: round(statistics.median(values), 2) for backend, values in times.items()
        },
        "times_as_fast_as_torch": {
            backend: round(best["torch fp32"] / value, 2) for backend, value in best.items()
        },
        "conversion": conversions,
        "checkpoint_gigabytes": gigabytes(checkpoint),
        "largest_difference_of_logits": differences(backends),
    }


def milliseconds_per_row(backends: dict[str, Backend]) -> dict[str, list[float]]:
    """Times of every round, after one that warms up."""
    batch = random_batch()
    times: dict[str, list[float]] = {name: [] for name in backends}
    for _ in range(ROUNDS + 1):
        for name, backend in backends.items():
            start = time.perf_counter()
            backend.logits(batch)
            times[name].append((time.perf_counter() - start) * 1000 / ROWS)
            time.sleep(0.1)  # idle threads of one library spin for a while
    return {name: values[1:] for name, values in times.items()}


def differences(backends: dict[str, Backend]) -> dict[str, float]:
    batch = random_batch()
    exact = backends["torch fp32"].logits(batch)
    return {
        name: float(f"{np.abs(backend.logits(batch) - exact).max():.1e}")
        for name, backend in backends.items()
        if name != "torch fp32"
    }


def open_torch(checkpoint: Path) -> Backend:
    from jingpai.backends.pytorch.cross_encoder import TorchBackend  # noqa: PLC0415 - loads for seconds

    return TorchBackend(checkpoint, device="cpu", precision="fp32")


def conversion(checkpoint: Path, output: Path, precision: str) -> dict[str, float]:
    """Time and peak memory of a conversion, in a process of its own."""
    command = [sys.executable, "-c", CONVERSION, str(checkpoint), str(output), precision]
    seconds, peak = subprocess.check_output(command, text=True).split()
    return {
        "seconds": round(float(seconds), 1),
        "peak_memory_gigabytes": round(float(peak), 2),
        "graph_gigabytes": gigabytes(output),
    }


def random_batch() -> Batch:
    generator = np.random.default_rng(0)
    return Batch(
        input_ids=generator.integers(4, 250_000, (ROWS, LENGTH)),
        lengths=np.full(ROWS, LENGTH, np.int32),
        query_lengths=np.full(ROWS, 12, np.int32),
    )


def gigabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e9, 2)


if __name__ == "__main__":
    main()
