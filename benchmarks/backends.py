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
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import numpy as np

from jingpai.backends.base import Backend, Batch
from jingpai.backends.loader import open_backend

ROWS, LENGTH, ROUNDS = 16, 128, 5
SIZES = {
    "12x384": {"num_hidden_layers": 12, "hidden_size": 384, "num_attention_heads": 12},
    "24x1024": {"num_hidden_layers": 24, "hidden_size": 1024, "num_attention_heads": 16},
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
    from jingpai.backends.torch import TorchBackend  # noqa: PLC0415 - loads for seconds

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


def write_checkpoint(folder: Path, size: dict[str, int]) -> None:
    """Write a seeded random XLM-RoBERTa cross-encoder, one tensor at a time."""
    folder.mkdir()
    config = {
        "model_type": "xlm-roberta",
        "architectures": ["XLMRobertaForSequenceClassification"],
        "intermediate_size": 4 * size["hidden_size"],
        "vocab_size": 250_002,
        "max_position_embeddings": 514,
        "type_vocab_size": 1,
        "pad_token_id": 1,
        "layer_norm_eps": 1e-5,
        "hidden_act": "gelu",
        "id2label": {"0": "LABEL_0"},
        "label2id": {"LABEL_0": 0},
        **size,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shapes = dict(tensor_shapes(config))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, shape in shapes.items():
        end = offset + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = np.random.default_rng(0)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            values = generator.standard_normal(shape, np.float32) * np.float32(0.03)
            file.write((values + np.float32("LayerNorm.weight" in name)).data)


def tensor_shapes(config: dict[str, object]) -> Iterator[tuple[str, tuple[int, ...]]]:
    hidden, inner = int(str(config["hidden_size"])), int(str(config["intermediate_size"]))
    embeddings = "roberta.embeddings"
    yield f"{embeddings}.word_embeddings.weight", (int(str(config["vocab_size"])), hidden)
    yield f"{embeddings}.position_embeddings.weight", (514, hidden)
    yield f"{embeddings}.token_type_embeddings.weight", (1, hidden)
    dense = {
        "attention.self.query": (hidden, hidden),
        "attention.self.key": (hidden, hidden),
        "attention.self.value": (hidden, hidden),
        "attention.output.dense": (hidden, hidden),
        "intermediate.dense": (inner, hidden),
        "output.dense": (hidden, inner),
    }
    norms = [f"{embeddings}.LayerNorm"]
    for number in range(int(str(config["num_hidden_layers"]))):
        layer = f"roberta.encoder.layer.{number}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        for name, shape in dense.items():
            yield f"{layer}.{name}.weight", shape
            yield f"{layer}.{name}.bias", shape[:1]
    for norm in norms:
        yield f"{norm}.weight", (hidden,)
        yield f"{norm}.bias", (hidden,)
    yield "classifier.dense.weight", (hidden, hidden)
    yield "classifier.dense.bias", (hidden,)
    yield "classifier.out_proj.weight", (1, hidden)
    yield "classifier.out_proj.bias", (1,)


def gigabytes(folder: Path) -> float:
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e9, 2)


def machine() -> dict[str, object]:
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 1),
        **{name: version(name) for name in ("onnxruntime", "torch", "transformers")},
    }


if __name__ == "__main__":
    main()
