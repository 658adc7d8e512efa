"""Does the server stay well under twice the load it can bear?

    python benchmarks/server/load.py                 10 minutes
    python benchmarks/server/load.py --seconds 60

Starts `jingpai serve` with the bundled model, measures how many requests a second it can answer,
and then begins twice as many, whether the others are answered or not. Requests are of 1 to 40
documents. Every reply must be 200 or 429, every score that of the library, and the memory of the
process what it was after the first fifth. Writes benchmarks/server/results/load.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from clients import Clients, Job, Outcome, seconds_of, send
from serving import Server, machine, request, serving

from jingpai import Reranker

RESULTS = Path(__file__).parent / "results"
SIZES = (1, 2, 5, 5, 10, 10, 20, 40)
REQUESTS = 240
CONNECTIONS = 700  # more than the queue has room for
MOST_GROWTH = 0.05
# Scores of int8 products hang on nothing but the pair, so replies may differ by rounding alone.
NEAR = 1e-4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--out", type=Path, default=RESULTS / "load.json")
    arguments = parser.parse_args()
    requests = [request(n, documents=SIZES[n % len(SIZES)]) for n in range(REQUESTS)]
    bodies = [json.dumps(asked | {"return_documents": False}) for asked in requests]
    log = Path(tempfile.gettempdir()) / "jingpai-load.log"
    report: dict[str, object] = {**machine(), "seconds": arguments.seconds}
    with serving(log=log) as server:
        capacity = requests_a_second(server, bodies)
        job = Job(
            server.port,
            bodies,
            connections=CONNECTIONS,
            seconds=arguments.seconds,
            rate=2 * capacity,
        )
        clients = Clients(job)
        samples = watch(server, clients)
        outcomes = clients.outcomes()
        report |= {
            "capacity_requests_a_second": round(capacity, 2),
            "sent_requests_a_second": round(len(outcomes) / arguments.seconds, 2),
            **memory_and_files(samples, after=arguments.seconds / 5),
            "files_in_the_end": server.files,
        }
    report |= answers(outcomes)
    report["wrong_scores"] = wrong(outcomes, requests)
    report["failures"] = failures(report)
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))
    return 1 if report["failures"] else 0


def requests_a_second(server: Server, bodies: list[str]) -> float:
    """What the server answers when a few clients are always waiting."""
    job = Job(server.port, bodies, connections=16, seconds=20.0)
    seconds_of(send(Job(server.port, bodies, connections=4, seconds=5.0)))
    outcomes = send(job)
    seconds_of(outcomes)
    return len(outcomes) / max(outcome.began + outcome.seconds for outcome in outcomes)


def watch(server: Server, clients: Clients) -> list[tuple[float, int, int]]:
    """Return seconds, bytes of memory and open files, once a second."""
    began = time.monotonic()
    samples = []
    while clients.are_running:
        samples.append((time.monotonic() - began, server.memory, server.files))
        time.sleep(1)
    return samples


def memory_and_files(
    samples: Sequence[tuple[float, int, int]], *, after: float
) -> dict[str, object]:
    """Compare the memory of the last fifth with that after the warm-up."""
    warm = [memory for at, memory, _ in samples if at >= after]
    fifth = max(1, len(warm) // 4)
    early, late = statistics.median(warm[:fifth]), statistics.median(warm[-fifth:])
    return {
        "memory_mib": {
            "after_warm_up": round(early / 2**20, 1),
            "last_fifth": round(late / 2**20, 1),
            "most": round(max(warm) / 2**20, 1),
        },
        "memory_growth": round(late / early - 1, 4),
        "most_files": max(files for _, _, files in samples),
    }


def answers(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """Count replies by status, and time those that were answered, by size."""
    statuses = Counter(str(outcome.status) for outcome in outcomes)
    by_size = {}
    for size in sorted(set(SIZES)):
        seconds = sorted(
            outcome.seconds
            for outcome in outcomes
            if outcome.status == 200 and SIZES[outcome.body % len(SIZES)] == size
        )
        if seconds:
            by_size[f"{size}_documents"] = {
                "answered": len(seconds),
                "median": round(statistics.median(seconds), 2),
                "p95": round(seconds[int(len(seconds) * 0.95)], 2),
                "most": round(seconds[-1], 2),
            }
    refused = [outcome.seconds for outcome in outcomes if outcome.status == 429]
    return {
        "statuses": statuses,
        "seconds_of_answers": by_size,
        "median_seconds_of_refusals": round(statistics.median(refused), 4) if refused else None,
    }


def wrong(outcomes: Sequence[Outcome], requests: Sequence[dict[str, object]]) -> int:
    """Count the answers whose ranking is not that of the library."""
    with Reranker() as reranker:
        expected = {
            number: {
                found.index: found.score
                for found in reranker.rank(requests[number]["query"], requests[number]["documents"])
            }
            for number in {outcome.body for outcome in outcomes if outcome.status == 200}
        }
    return sum(
        not is_right(outcome.reply, expected[outcome.body])
        for outcome in outcomes
        if outcome.status == 200
    )


def is_right(reply: str, expected: dict[int, float]) -> bool:
    found = {result["index"]: result["relevance_score"] for result in json.loads(reply)["results"]}
    scores = list(found.values())
    return (
        found.keys() == expected.keys()
        and scores == sorted(scores, reverse=True)
        and all(abs(score - expected[index]) < NEAR for index, score in found.items())
    )


def failures(report: dict[str, object]) -> list[str]:
    """Return what is not as it should be."""
    found = []
    if strange := set(report["statuses"]) - {"200", "429"}:
        found.append(f"statuses {', '.join(sorted(strange))}")
    if report["wrong_scores"]:
        found.append(f"{report['wrong_scores']} wrong answers")
    if report["memory_growth"] > MOST_GROWTH:
        found.append(f"memory grew by {report['memory_growth']:.1%}")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
