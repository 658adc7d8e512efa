"""What does a step of training gain when the allocator keeps the memory that is freed?

    python benchmarks/training/allocator.py

Steps as `jingpai train` takes them with the bundled network: two batches of 20 rows of mixed
lengths, a third of the layers frozen, products in bfloat16 where the processor has them. One
process calls `keep_freed_memory` and one does not; both take turns. Writes results/allocator.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parents[1]))

from bundled_network import TwoSegmentEncoder, make_batch, read_bundled_network
from jingpai.system.allocator import keep_freed_memory
from this_machine import machine

RESULTS = Path(__file__).parent / "results" / "allocator.json"
KINDS = ("kept", "given back")
BATCHES_A_STEP, ROWS = 2, 20
LEAST, MOST = 20, 200  # tokens of a passage
QUERY = 12
FROZEN_SHARE = 1 / 3
SEED = 7

Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="of each turn")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--kind", choices=KINDS, help="be one of the two processes")
    options = parser.parse_args()
    if options.kind:
        take_turns(is_kept=options.kind == "kept")
        return
    report: dict[str, object] = {"machine": machine(), "steps": options.steps}
    processes = {kind: start(kind) for kind in KINDS}
    found: dict[str, list[Figures]] = {kind: [] for kind in KINDS}
    for number in range(options.rounds):
        for kind in KINDS if number % 2 else KINDS[::-1]:
            found[kind].append(turn(processes[kind], steps=options.steps))
    for process in processes.values():
        process.stdin.close()
        process.wait()
    for kind, figures in found.items():
        report[kind] = {
            name: round(statistics.median(one[name] for one in figures), 3) for name in figures[0]
        }
    ratios = [
        one["seconds a step"] / other["seconds a step"]
        for one, other in zip(*(found[kind] for kind in KINDS), strict=True)
    ]
    report["time of a step, kept to given back"] = {
        "median": round(statistics.median(ratios), 3),
        "rounds": [round(ratio, 3) for ratio in ratios],
    }
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


def start(kind: str) -> subprocess.Popen[str]:
    """Start one of the two processes, and let it warm up."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--kind", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    turn(process, steps=2)
    return process


def turn(process: subprocess.Popen[str], *, steps: int) -> Figures:
    """Have a process take so many steps."""
    process.stdin.write(f"{steps}\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"it ended with {process.wait()}: {process.args}")
    return json.loads(line)


def take_turns(*, is_kept: bool) -> None:
    """Take as many steps as each line of the input says, and say what they took."""
    if is_kept and not keep_freed_memory():
        raise SystemExit("the C library is not glibc, or variables MALLOC_* are set")
    torch.manual_seed(SEED)
    model = read_bundled_network().train()
    model.freeze(round(len(model.layers) * FROZEN_SHARE))
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-6)
    for line in sys.stdin:
        steps, before, began = int(line), used(), time.perf_counter()
        for _ in range(steps):
            step(model, optimizer)
        seconds, after = time.perf_counter() - began, used()
        figures = {
            "seconds a step": seconds / steps,
            "system's seconds a step": (after.ru_stime - before.ru_stime) / steps,
            "page faults a step": (after.ru_minflt - before.ru_minflt) / steps,
            "peak MiB": after.ru_maxrss / 1024,
        }
        print(json.dumps(figures), flush=True)


def step(model: TwoSegmentEncoder, optimizer: torch.optim.Optimizer) -> None:
    """Follow the gradient of a few batches of random rows."""
    vocabulary = model.config["vocab_size"]
    for _ in range(BATCHES_A_STEP):
        lengths = torch.randint(LEAST, MOST, (ROWS,)).tolist()
        pairs = [
            tuple(torch.randint(5, vocabulary, (size,)).tolist() for size in (QUERY, length))
            for length in lengths
        ]
        has_bf16 = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16):
            loss = model(make_batch(pairs)).float().square().mean()
        loss.backward()
    optimizer.step()
    optimizer.zero_grad()


def used() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_SELF)


if __name__ == "__main__":
    main()
