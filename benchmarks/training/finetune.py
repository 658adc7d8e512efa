"""How long a fine-tune of the bundled model takes, and what it brings, in a field and beside it.

    python benchmarks/training/finetune.py                     # 2,000 pairs of support_set.py
    python benchmarks/training/finetune.py --beside OTHER      # and another set that it may forget

Times are of the wall, the processor's of all threads: on a machine that does nothing else, the wall
takes half of the processor's time on two cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support_set import write

from jingpai.evaluation.data.reading import read_test_set
from jingpai.evaluation.data.source import Source
from jingpai.evaluation.evaluate import evaluate
from jingpai.evaluation.statistics import gain_of
from jingpai.system.allocator import keep_freed_memory
from jingpai.training.run import Order, Watcher, train
from this_machine import machine

RESULTS = Path(__file__).parent / "results" / "finetune.json"
MEASURE = "nDCG@10"
BESIDE = 40  # queries of another set


class Clock:
    """Seconds of each stage, of the wall and of the processor."""

    def __init__(self) -> None:
        self.seconds: dict[str, dict[str, float]] = {}

    @contextmanager
    def stage(self, name: str):  # noqa: ANN201 - a context manager
        """Time what goes on meanwhile."""
        wall, processor = time.monotonic(), time.process_time()
        yield None
        self.seconds[name] = {
            "wall": round(time.monotonic() - wall, 1),
            "processor": round(time.process_time() - processor, 1),
        }


def beside(path: Path, tuned: Path) -> dict[str, object]:
    """What another set gains or loses."""
    report = evaluate(read_test_set(Source(path, queries=BESIDE)), [None, str(tuned)])
    parent, after = (model.values[MEASURE] for model in report.models)
    return {
        "set": path.name,
        "queries": len(after),
        "parent": round(float(parent.mean()), 4),
        "trained": round(float(after.mean()), 4),
        "gain": {name: round(one, 4) for name, one in gain_of(parent, after)._asdict().items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--beside", type=Path, nargs="*", default=[], help="as jingpai eval reads")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    about, clock = machine(), Clock()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        write(folder)
        keep_freed_memory()  # as the command does
        order = Order(folder / "train.csv", folder / "tuned", test=folder / "test.csv")
        with clock.stage("whole run"):
            outcome = train(order, watcher=Watcher(clock.stage, print))
        others = [beside(path, folder / "tuned") for path in options.beside]
        size = sum(path.stat().st_size for path in (folder / "tuned").iterdir())
    facts = outcome.as_json()
    del facts["evaluation"]  # of each query; what matters of it is in `means` and `gain`
    means = {
        name: {
            key: round(mean.mean, 4)
            for key, mean in zip(("parent", "trained"), outcome.means(name), strict=True)
        }
        for name in outcome.report.measures
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {
        "machine": about,
        "seconds": clock.seconds,
        "peak_memory_mib": round(peak),
        "model_folder_mb": round(size / 1e6),
        "pairs": outcome.data.pairs,
        "means": means,
        **facts,
        "beside": others,
    }
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
