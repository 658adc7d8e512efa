"""What a user waits for: import, first score, twenty documents, and the memory it takes.

    python benchmarks/speed.py

Each figure is taken in a fresh process, five times, and the median is reported with the
fastest and the slowest. Writes benchmarks/results/speed.json.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 5
RESULTS = Path(__file__).parent / "results" / "speed.json"

# About a hundred words each, with a number in it so that no two are alike.
DOCUMENT = (
    "Report {n}: the giant panda is a bear endemic to China. It lives in a few mountain ranges in"
    " central China, mainly in Sichuan, and also in neighbouring Shaanxi and Gansu. As a result of"
    " farming, deforestation and other development, the giant panda has been driven out of the"
    " lowland areas where it once lived, and it is a conservation-reliant vulnerable species. A"
    " survey of the year {year} counted about {count} animals in the wild, and noted that bamboo"
    " shoots and leaves make up more than ninety-nine per cent of their diet, although they will"
    " eat other grasses, tubers, or even meat in the form of birds and rodents."
)

CHILD = """
import resource, sys, time
start = time.perf_counter()
import jingpai
imported = time.perf_counter() - start
reranker = jingpai.Reranker()
loaded = time.perf_counter() - start
reranker.score("what does a panda eat?", ["Bamboo, mostly."])
first = time.perf_counter() - start
documents = sys.stdin.read().splitlines()
start = time.perf_counter()
reranker.score("what does a panda eat?", documents)
twenty = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak /= 1024**2 if sys.platform == "darwin" else 1024
print(imported, loaded, first, twenty, peak)
"""

FIGURES = {
    "import_s": "import jingpai",
    "load_s": "process start to a loaded model",
    "first_score_s": "process start to the first score",
    "twenty_documents_s": "20 documents of about 100 words",
    "peak_memory_mib": "peak memory of the process, all of the above",
}


def main() -> None:
    documents = "\n".join(
        DOCUMENT.format(n=n, year=1980 + n, count=1500 + 7 * n) for n in range(20)
    )
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(
            [sys.executable, "-c", CHILD],
            input=documents,
            text=True,
            capture_output=True,
            check=True,
        )
        runs.append([float(value) for value in done.stdout.split()])
    figures = {
        key: {
            "what": what,
            "median": round(statistics.median(values), 3),
            "least": round(min(values), 3),
            "most": round(max(values), 3),
        }
        for (key, what), values in zip(FIGURES.items(), zip(*runs, strict=True), strict=True)
    }
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps(
            {"command": "python benchmarks/speed.py", "machine": machine, **figures}, indent=2
        )
        + "\n"
    )
    for figure in figures.values():
        print(f"{figure['what']:<48} {figure['median']:>8} ({figure['least']} to {figure['most']})")


if __name__ == "__main__":
    main()
