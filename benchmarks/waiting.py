"""jingpai with threads that wait in one way, whatever it would decide itself; for threads.py.

    python benchmarks/waiting.py --way sleep jingpai serve --port 8000
    python benchmarks/waiting.py --way "spin in runs"     # a model that scores when it is told to

Without a command it loads the bundled model, writes a line about it, and then, for each line that
it reads with a number of seconds, scores for as long and writes a line about that.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from jingpai import Reranker
from jingpai.backends.session import WAITING_ENTRIES
from jingpai.cli import app as cli
from jingpai.system.threads import WAITS, Waits, threads_for

sys.path.append(str(Path(__file__).parent / "server"))

from serving import request

WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "spin": ("spin", {}),
    "spin in runs": ("spin in runs", {}),
    "sleep": ("sleep", {}),
    # Shares of a product that grow smaller towards its end, so that threads end together.
    "sleep, blocks of 4": ("sleep", {"session.dynamic_block_base": "4"}),
}
"""How threads wait, and what else ONNX Runtime is told."""

DOCUMENTS, REQUESTS = 20, 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--way", choices=WAYS, required=True)
    parser.add_argument("--group", type=Path, help="a control group to enter")
    parser.add_argument("--processors", type=int, help="how many may be used")
    parser.add_argument("--batch-tokens", type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    # Before a model is loaded, which counts processors.
    if options.group:
        (options.group / "cgroup.procs").write_text(str(os.getpid()))
    if options.processors:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.processors])
    decide(options.way)
    if options.command:
        sys.argv = options.command
        cli.main()
    else:
        take_turns(options.batch_tokens)


def decide(way: str) -> None:
    """Have the threads of this process wait in one way, whoever runs them."""
    waiting, entries = WAYS[way]
    WAITS.update({role: Waits(waiting, waiting) for role in WAITS})
    WAITING_ENTRIES[waiting] = WAITING_ENTRIES[waiting] | entries


def take_turns(batch_tokens: int | None) -> None:
    """Score for as many seconds as each line of the input says, and say what came of it."""
    asked = [request(number, documents=DOCUMENTS) for number in range(REQUESTS)]
    with Reranker(batch_tokens=batch_tokens, scale="logit") as reranker:
        logits = reranker.score(asked[0]["query"], asked[0]["documents"])
        tell({"threads": threads_for(None).count, "logits": [float(logit) for logit in logits]})
        turn = 0
        for line in sys.stdin:
            pairs, began, processor = 0, time.perf_counter(), time.process_time()
            while (seconds := time.perf_counter() - began) < float(line) or not pairs:
                turn += 1
                some = asked[turn % REQUESTS]
                reranker.score(some["query"], some["documents"])
                pairs += DOCUMENTS
            processor = time.process_time() - processor
            tell({"pairs/s": pairs / seconds, "CPU ms a pair": 1000 * processor / pairs})


def tell(facts: dict[str, object]) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
