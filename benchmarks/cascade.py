"""What two readers save: the large model alone against a cascade, on the same documents.

    python benchmarks/cascade.py

The second model has the shape of bge-reranker-v2-m3 and random weights: how long it takes depends
on the shape alone, and what it answers means nothing here. Each round times the large model on all
documents, then each cascade on the same, so that what else runs meets all of them alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from tokenizers import Tokenizer

from jingpai import Cascade, Reranker
from pair_texts import LONGEST, SHORTEST, requests
from random_checkpoint import Shape, write_checkpoint, write_tokenizer
from this_machine import machine

LARGE = Shape(layers=24, hidden=1024, heads=16, positions=8194)
KEPT = (10, 20, 50)
RESULTS = Path(__file__).parent / "results" / "cascade.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        times = measure(Path(folder) / "large", documents=options.documents, rounds=options.rounds)
    alone = statistics.median(times["large alone"])
    report = {
        "machine": machine(),
        "documents": f"{options.documents}, rows of {SHORTEST} to {LONGEST} tokens",
        "seconds": {name: [round(value, 2) for value in found] for name, found in times.items()},
        "times as fast as the large model alone": {
            name: round(alone / statistics.median(found), 2) for name, found in times.items()
        },
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def measure(folder: Path, *, documents: int, rounds: int) -> dict[str, list[float]]:
    """Seconds a query of each way to rank the documents, one a round."""
    write_checkpoint(folder, LARGE)
    write_tokenizer(folder, LARGE)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    (request,) = requests(tokenizer, pairs=documents, documents=documents)
    with Reranker() as small, Reranker(folder) as large:
        ways: dict[str, Reranker | Cascade] = {"large alone": large, "small alone": small}
        ways |= {f"cascade, keep={count}": Cascade(small, large, keep=count) for count in KEPT}
        times: dict[str, list[float]] = {name: [] for name in ways}
        for way in (small, large):
            way.rank(request.query, request.documents[:4])  # warms up
        for _ in range(rounds):
            for name, way in ways.items():
                started = time.perf_counter()
                way.rank(request.query, request.documents)
                times[name].append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
