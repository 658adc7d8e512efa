"""What the server costs: pairs a second beside the library's, and milliseconds at low load.

    python benchmarks/server/throughput.py

Starts `jingpai serve` with the bundled model, and its clients, each as a process of its own; the
library runs in this one. Server and library take turns, a round each, so that what else runs on
the machine meets both alike. Writes benchmarks/server/results/throughput.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from clients import Clients, Job, seconds_of, send
from serving import Server, machine, request, serving

from jingpai import Reranker

RESULTS = Path(__file__).parent / "results"
CONNECTIONS, DOCUMENTS = 64, 10
LARGE, SMALL = 1000, 5
BLOCK = 20  # requests of a turn at low load
FOR_EVER_S = 3600.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20, help="of each round")
    parser.add_argument("--out", type=Path, default=RESULTS / "throughput.json")
    arguments = parser.parse_args()
    report: dict[str, object] = machine()
    log = Path(tempfile.gettempdir()) / "jingpai-throughput.log"
    # Long enough for so many clients on a slow machine: the server admits what it can do in time.
    with Reranker() as reranker, serving("--request-timeout", "600", log=log) as server:
        report["saturation"] = saturation(server, reranker, arguments)
        report["low_load"] = {
            f"documents_{count}": low_load(server, reranker, count, arguments.rounds)
            for count in (1, DOCUMENTS)
        }
        report["beside_a_large_one"] = fairness(server, seconds=arguments.seconds * 2)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def saturation(
    server: Server, reranker: Reranker, arguments: argparse.Namespace
) -> dict[str, object]:
    """Pairs a second with more clients than the server can serve at once."""
    requests = [request(number, documents=DOCUMENTS) for number in range(4 * CONNECTIONS)]
    bodies = [json.dumps(asked) for asked in requests]
    warm = Job(server.port, bodies, connections=2, seconds=FOR_EVER_S, most=4)
    seconds_of(send(warm))
    served, alone = [], []
    for _ in range(arguments.rounds):
        job = Job(server.port, bodies, connections=CONNECTIONS, seconds=arguments.seconds)
        served.append(pairs_a_second_of_server(job))
        alone.append(pairs_a_second_of_library(reranker, requests, arguments.seconds))
    ratios = [a / b for a, b in zip(served, alone, strict=True)]
    return {
        "connections": CONNECTIONS,
        "documents": DOCUMENTS,
        "server_pairs_a_second": rounded(served),
        "library_pairs_a_second": rounded(alone),
        "ratio": round(statistics.median(ratios), 3),
        "ratios": rounded(ratios, digits=3),
    }


def pairs_a_second_of_server(job: Job) -> float:
    """From the first answer on to the last: at the ends not all connections are at work."""
    outcomes = send(job)
    seconds_of(outcomes)
    ends = sorted(outcome.began + outcome.seconds for outcome in outcomes)
    full = [end for end in ends if job.seconds * 0.1 < end <= job.seconds]
    return DOCUMENTS * (len(full) - 1) / (full[-1] - full[0])


def pairs_a_second_of_library(
    reranker: Reranker, requests: Sequence[dict[str, object]], seconds: float
) -> float:
    """All requests of as many clients in one plan of batches: the most that the library can."""
    began, pairs = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        some = [requests[(pairs // DOCUMENTS + i) % len(requests)] for i in range(CONNECTIONS)]
        reranker.rank_many(
            [asked["query"] for asked in some], [asked["documents"] for asked in some]
        )
        pairs += CONNECTIONS * DOCUMENTS
    return pairs / (time.perf_counter() - began)


def low_load(server: Server, reranker: Reranker, documents: int, rounds: int) -> dict[str, object]:
    """Milliseconds of one request after another, on the wire and in the library."""
    requests = [request(number, documents=documents) for number in range(BLOCK)]
    bodies = [json.dumps(asked) for asked in requests]
    served, alone, added = [], [], []
    for _ in range(2 * rounds):
        job = Job(server.port, bodies, connections=1, seconds=FOR_EVER_S, most=BLOCK)
        of_server = [seconds * 1000 for seconds in seconds_of(send(job))]
        of_library = [milliseconds(reranker, asked) for asked in requests]
        served += of_server
        alone += of_library
        added.append(statistics.median(of_server) - statistics.median(of_library))
    return {
        "server_ms": round(statistics.median(served), 2),
        "library_ms": round(statistics.median(alone), 2),
        "added_ms": round(statistics.median(added), 2),
        "added_ms_by_round": rounded(added, digits=2),
    }


def milliseconds(reranker: Reranker, asked: dict[str, object]) -> float:
    began = time.perf_counter()
    reranker.rank(asked["query"], asked["documents"])
    return (time.perf_counter() - began) * 1000


def fairness(server: Server, *, seconds: float) -> dict[str, object]:
    """Small requests alone, and beside a client that sends large ones without a pause."""
    bodies = [json.dumps(request(number, documents=SMALL)) for number in range(64)]
    small = Job(server.port, bodies, connections=1, seconds=seconds)
    idle = [seconds * 1000 for seconds in seconds_of(send(small))]
    large = Clients(
        Job(
            server.port,
            [json.dumps(request(number, documents=LARGE)) for number in (100, 101)],
            connections=1,
            seconds=seconds + 5,
        )
    )
    time.sleep(5)  # until the first of them is in work
    busy = [seconds * 1000 for seconds in seconds_of(send(small))]
    seconds_of(large.outcomes())
    return {
        "small_documents": SMALL,
        "large_documents": LARGE,
        "idle_ms": {"median": median(idle), "p95": p95(idle)},
        "busy_ms": {"median": median(busy), "p95": p95(busy)},
        "p95_times_idle_p95": round(p95(busy) / p95(idle), 2),
        "p95_times_idle_median": round(p95(busy) / median(idle), 2),
        "requests": [len(idle), len(busy)],
    }


def median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 1)


def p95(values: Sequence[float]) -> float:
    return round(float(np.percentile(values, 95)), 1)


def rounded(values: Sequence[float], *, digits: int = 1) -> list[float]:
    return [round(value, digits) for value in values]


if __name__ == "__main__":
    main()
