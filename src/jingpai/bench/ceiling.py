"""The most operations a second that this machine does in one matrix product.

The product has the size of the model's own layers and runs in the kernels that run the model, so
a model that did nothing but multiply, without ever waiting, would reach the ceiling.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.graph.products import quantised_channels
from jingpai.backends.onnx import OnnxGraph
from jingpai.backends.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from jingpai.backends.base import Backend

_CPU_ROWS = (512, 2048)
_GPU_ROWS = (4096, 16384)
"""Tokens of a batch: what suits the cache, or the units, of such a device."""

_LEAST_RUNS = 3


class Ceiling(NamedTuple):
    """The fastest product.

    Attributes:
        operations_per_second: Additions and multiplications.
        rows: Tokens in it.
        inputs: Features of a token that go in.
        outputs: Features that come out.
    """

    operations_per_second: float
    rows: int
    inputs: int
    outputs: int


def measure_ceiling(
    backend: Backend, *, shapes: Sequence[tuple[int, int]], seconds: float
) -> Ceiling:
    """Return the fastest of several products in the kernels of a backend.

    Args:
        backend: Says on which device, and in which number format.
        shapes: (inputs, outputs) of the model's matrices, at least one.
        seconds: How long each size is tried; `_LEAST_RUNS` times at least.
    """
    rows = _CPU_ROWS if backend.device == "cpu" else _GPU_ROWS
    sizes = [(count, *shape) for shape in shapes for count in rows]
    found = []
    for size in sizes:
        with _product(backend, size=size) as run:
            best = _best_time_s(run, seconds=seconds)
        found.append(Ceiling(2 * size[0] * size[1] * size[2] / best, *size))
    return max(found)


@contextmanager
def _product(backend: Backend, *, size: tuple[int, int, int]) -> Iterator[Callable[[], object]]:
    """Yield what makes a product of (rows, inputs, outputs) once, and waits for it."""
    if isinstance(backend, OnnxGraph):
        with _onnx_product(size, is_int8=backend.precision == "int8") as run:
            yield run
    else:
        from jingpai.bench.torch_product import torch_product

        yield torch_product(size, device=backend.device, precision=backend.precision)


def _best_time_s(run: Callable[[], object], *, seconds: float) -> float:
    run()  # warms up
    times: list[float] = []
    while sum(times) < seconds or len(times) < _LEAST_RUNS:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


@contextmanager
def _onnx_product(
    size: tuple[int, int, int], *, is_int8: bool
) -> Iterator[Callable[[], NDArray[Any]]]:
    """A graph of one product, in a session like that of a model."""
    rows, inputs, outputs = size
    random = np.random.default_rng(0)
    activations: NDArray[Any] = random.standard_normal((rows, inputs), np.float32)
    if is_int8:
        activations = random.integers(0, 256, (rows, inputs), np.uint8)
    weights = random.standard_normal((outputs, inputs), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "product.onnx"
        path.write_bytes(_product_graph(weights, is_int8=is_int8))
        session = Session(path, threads=None)
        try:
            yield lambda: session.run("row", {"activations": activations})
        finally:
            session.close()


def _product_graph(weights: NDArray[np.float32], *, is_int8: bool) -> bytes:
    """One product, written as `jingpai.backends.graph.products` writes those of a model.

    Its output is cut to one row: copying the rest out of the session is no part of a product.
    """
    graph = GraphBuilder()
    outputs, inputs = weights.shape
    dtype = np.uint8 if is_int8 else np.float32
    activations = graph.input("activations", dtype=dtype, shape=("rows", inputs))
    if is_int8:
        integers, scales = quantised_channels(weights)
        operands = [
            graph.constant(integers.T, dtype=np.int8),
            graph.constant(1, dtype=np.float32),
            graph.constant(scales, dtype=np.float32),
            graph.constant(128, dtype=np.uint8),
        ]
        product = graph.add("MatMulIntegerToFloat", [activations, *operands])
    else:
        matrix = graph.constant(weights.T, dtype=np.float32)
        product = graph.add("MatMul", [activations, matrix])
    bounds = [graph.constant([bound], dtype=np.int64) for bound in (0, 1, 0)]
    graph.output("row", graph.add("Slice", [product, *bounds]), shape=(1, outputs))
    return graph.to_bytes(metadata={})
