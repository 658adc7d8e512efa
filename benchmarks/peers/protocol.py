"""What the driver and the process of a peer say to each other. Standard library only.

The driver starts `with_<peer>.py JOB.json` with the Python of the peer's environment. The job says
which step is wanted: `prepare` converts the checkpoint where a peer needs another form of it,
`score` loads the model, scores a few pairs to warm up, then all pairs, `repeats` times. The last
line on stdout is the result, as JSON.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class Request:
    """A query and the documents to be scored for it."""

    query: str
    documents: list[str]


Score: TypeAlias = Callable[[list[Request]], list[float]]
"""Requests in, one number a pair out, in input order."""


@dataclass(frozen=True)
class Job:
    """What one process has to do.

    Attributes:
        step: `prepare` or `score`.
        variant: Which of a peer's engines and number formats; the runner knows their names.
        batch_size: Pairs a batch; None for the peer's own default.
        folder: Holds `checkpoint`, and beside it what the peers make of it.
        requests: All that is to be scored.
        repeats: How often.
    """

    step: str
    variant: str
    batch_size: int | None
    folder: Path
    requests: list[Request]
    repeats: int

    @property
    def checkpoint(self) -> Path:
        """config.json, model.safetensors and the tokenizer's files."""
        return self.folder / "checkpoint"

    def to_json(self) -> str:
        """Return the job as text that `read_job` reads."""
        return json.dumps(asdict(self), default=str, ensure_ascii=False)


@dataclass(frozen=True)
class Outcome:
    """What a process of the step `score` measured.

    Attributes:
        load_s: Import and loading of the model.
        seconds: Scoring all pairs, one number a repeat.
        scores: One number a pair.
        resident_mib: Memory in RAM when the model was loaded and warm; None where unknown.
        peak_mib: The most of it, from start to end.
        versions: Of the packages that do the work.
    """

    load_s: float
    seconds: list[float]
    scores: list[float]
    resident_mib: float | None
    peak_mib: float
    versions: dict[str, str]


def run(
    *,
    load: Callable[[Job], Score],
    packages: list[str],
    prepare: Callable[[Job], None] | None = None,
) -> None:
    """Do the job whose file the command line names.

    Args:
        load: Imports the peer and opens the model.
        packages: Whose versions are reported.
        prepare: Makes what `load` needs, once; None for a peer that reads the checkpoint itself.
    """
    job = read_job(Path(sys.argv[1]))
    if job.step == "prepare":
        if prepare is not None:
            prepare(job)
        return
    start = time.perf_counter()
    score = load(job)
    load_s = time.perf_counter() - start
    score(warm_up(job.requests))
    resident = resident_mib()
    seconds, scores = [], []
    for _ in range(job.repeats):
        start = time.perf_counter()
        scores = [float(score) for score in score(job.requests)]
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = Outcome(
        load_s=load_s,
        seconds=seconds,
        scores=scores,
        resident_mib=resident,
        peak_mib=peak / (1024**2 if sys.platform == "darwin" else 1024),
        versions={name: metadata.version(name) for name in packages},
    )
    print(f"\n{json.dumps(asdict(outcome))}", flush=True)


def read_job(path: Path) -> Job:
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["folder"] = Path(fields["folder"])
    fields["requests"] = [Request(**request) for request in fields["requests"]]
    return Job(**fields)


def warm_up(requests: list[Request]) -> list[Request]:
    """Return two pairs of the first request: enough to start threads and allocate."""
    return [Request(requests[0].query, requests[0].documents[:2])]


def pairs_of(requests: list[Request]) -> list[tuple[str, str]]:
    """Return (query, document) of every pair, for peers that take pairs."""
    return [(request.query, text) for request in requests for text in request.documents]


def copy_checkpoint(job: Job, target: Path) -> Path:
    """Put what stands beside the weights into a new folder, for peers that have their own form."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for path in job.checkpoint.glob("*.json"):
        shutil.copy(path, target)
    return target


def link_graph(graph: Path, target: Path) -> None:
    """Give a graph another name without a copy.

    Weights beyond 2 GB lie beside a graph, under the name that is written in it.
    """
    target.hardlink_to(graph)
    for data in graph.parent.glob(f"{graph.name}_data*"):
        (target.parent / data.name).hardlink_to(data)


def resident_mib() -> float | None:
    status = Path("/proc/self/status")
    if not status.is_file():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024
