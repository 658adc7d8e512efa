"""The whole benchmark: load a model, measure every cell of the grid, then the ceiling."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, TypeAlias

from jingpai.backends.graph.cache import optimized
from jingpai.backends.onnx import OnnxGraph
from jingpai.bench.ceiling import measure_ceiling
from jingpai.bench.machine import describe_machine, versions
from jingpai.bench.measure import measure
from jingpai.bench.operations import Network, read_checkpoint, read_graph
from jingpai.bench.report import BenchSettings, Cell, Report
from jingpai.bench.workload import make_workload
from jingpai.errors import InvalidInput
from jingpai.files.model_folder import GRAPH, ModelFolder
from jingpai.guards import check_all_whole
from jingpai.models.resolve import ResolvedModel, resolve
from jingpai.reranker import Reranker
from jingpai.system.memory import read_memory

if TYPE_CHECKING:
    from jingpai.backends.base import Backend
    from jingpai.bench.ceiling import Ceiling
    from jingpai.bench.workload import Workload

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (milliseconds measured, milliseconds in all)."""

_CEILING_SECONDS = 0.3
"""Of each size of product; less where the cells are shorter than that."""

_CEILING_SHAPES = 3
"""The square matrices of attention, and the two of the network between."""


def run_benchmark(settings: BenchSettings, *, progress: Progress | None = None) -> Report:
    """Measure a model on this machine, as its users meet it: texts in, scores out.

    No score is ever found in a cache, and no two rows are equal. Ctrl-C ends the benchmark with
    the cells that are measured so far.

    Args:
        settings: What to measure.
        progress: Told how far it is.

    Raises:
        InvalidInput: A setting is out of its range.
        JingpaiError: As `Reranker` says.
        KeyboardInterrupt: Ctrl-C came before anything was measured.
    """
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    machine = describe_machine()
    source = resolve(settings.model)
    _check(settings, source)
    start = time.perf_counter()
    # Rows of any length stay whole: passages of the length that suits a model are not asked for.
    loading = replace(settings, long_documents="truncate")
    with Reranker.of(settings.model, loading) as reranker:
        load_seconds = time.perf_counter() - start
        loaded = read_memory().now
        backend = reranker.engine.backend
        network = _network(source, backend)
        cells, is_interrupted = _measure_grid(reranker, network, settings, progress=progress)
        ceiling = None if is_interrupted else _ceiling(backend, network, settings)
    return Report(
        date=date,
        model=reranker.model,
        device=reranker.device,
        precision=reranker.precision,
        settings=settings,
        machine=machine,
        versions=versions(),
        load_seconds=load_seconds,
        loaded_memory_bytes=loaded,
        ceiling=ceiling,
        cells=tuple(cells),
        is_interrupted=is_interrupted,
    )


def _check(settings: BenchSettings, source: ResolvedModel) -> None:
    """Refuse what cannot be measured before a large model is loaded."""
    for name, most in (("documents", 1_000_000), ("tokens", None), ("concurrency", 1024)):
        check_all_whole(name, getattr(settings, name), most=most)
    if not 0 < settings.seconds < float("inf"):
        raise InvalidInput(f"seconds: got {settings.seconds}; allowed are numbers over 0.")
    limit = source.spec.max_tokens
    if max(settings.tokens) > limit:
        raise InvalidInput(
            f"tokens: got {max(settings.tokens)}, but {source.spec.name} reads at most {limit}."
        )


def _network(source: ResolvedModel, backend: Backend) -> Network:
    if not isinstance(backend, OnnxGraph):
        return read_checkpoint(source.folder, is_causal=bool(source.spec.answers))
    folder = source.folder
    if not ModelFolder.read(folder).holds_only_a_graph:
        # Written when the model was loaded, so this only looks it up.
        folder = optimized(folder, precision="int8" if backend.precision == "int8" else "fp32")
    return read_graph(folder / GRAPH)


def _measure_grid(
    reranker: Reranker, network: Network, settings: BenchSettings, *, progress: Progress | None
) -> tuple[list[Cell], bool]:
    """Return the cells, and whether Ctrl-C came."""
    # All texts come first, so that lengths that cannot be had are refused before the measuring.
    workloads = {
        (documents, tokens): make_workload(reranker.engine, documents=documents, tokens=tokens)
        for documents, tokens in itertools.product(settings.documents, settings.tokens)
    }
    grid = list(itertools.product(workloads, settings.concurrency))
    cells: list[Cell] = []
    is_interrupted = False
    try:
        for place, ((documents, tokens), concurrency) in enumerate(grid):
            workload = workloads[documents, tokens]
            timing = measure(
                partial(_send, reranker, workload),
                concurrency=concurrency,
                seconds=settings.seconds,
                elapsed=partial(_tell, progress, place, cells=len(grid), seconds=settings.seconds),
            )
            cell = Cell(
                documents=documents,
                tokens=tokens,
                row_tokens=fmean(workload.row_tokens),
                concurrency=concurrency,
                timing=timing,
                operations_per_pair=fmean(map(network.operations, workload.row_tokens)),
                peak_memory_bytes=read_memory().peak,
            )
            if timing.latencies_s:
                cells.append(cell)
            if timing.is_interrupted:
                is_interrupted = True
                break
    except KeyboardInterrupt:  # between two cells
        is_interrupted = True
    if is_interrupted and not cells:
        raise KeyboardInterrupt
    return cells, is_interrupted


def _send(reranker: Reranker, workload: Workload, number: int) -> None:
    reranker.score(workload.query, workload.requests[number % len(workload.requests)])


def _tell(
    progress: Progress | None, place: int, elapsed: float, *, cells: int, seconds: float
) -> None:
    if progress is not None:
        done = place + min(1.0, elapsed / seconds)
        progress(round(1000 * seconds * done), round(1000 * seconds * cells))


def _ceiling(backend: Backend, network: Network, settings: BenchSettings) -> Ceiling:
    # Measured last: what its products take is no memory of the model.
    return measure_ceiling(
        backend,
        shapes=network.largest_shapes(_CEILING_SHAPES),
        seconds=min(_CEILING_SECONDS, settings.seconds / 10),
    )
