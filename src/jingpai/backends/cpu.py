"""What the CPU offers: physical cores, and whether its 8-bit products are exact."""

from __future__ import annotations

import functools
import math
import os
import sys
from pathlib import Path

import numpy as np

from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.runtime import onnxruntime

_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical_cores() -> int | None:
    """Physical cores that this process may use; None where only ONNX Runtime can tell.

    On Linux that is fewer than the machine has when the process is pinned to some of them, or when
    its container has a quota: a thread more than that waits, and the others wait for it.
    """
    if sys.platform != "linux":
        return None
    allowed = os.sched_getaffinity(0)
    cores = {_siblings(cpu) for cpu in allowed}
    quota = _quota(_QUOTA)
    return len(cores) if quota is None else min(len(cores), quota)


@functools.cache
def has_exact_int8_products() -> bool:
    """Whether products of uint8 and int8 use all 8 bits of the activations without overflow.

    CPUs without instructions for it (AVX2 before VNNI) add two products in 16 bits, which overflow
    silently. Found out by trying, because what matters is the kernel that ONNX Runtime picks.
    """
    depth, outputs = 64, 32
    activations = np.full((8, depth), 255, np.uint8)
    weights = np.full((depth, outputs), 127, np.int8)
    graph = GraphBuilder()
    product = graph.add(
        "MatMulIntegerToFloat",
        [
            graph.input("activations", dtype=np.uint8, shape=("rows", depth)),
            graph.constant(weights, dtype=np.int8),
            graph.constant(1, dtype=np.float32),
            graph.constant(np.ones(outputs), dtype=np.float32),
            graph.constant(0, dtype=np.uint8),
        ],
    )
    graph.output("product", product, shape=("rows", outputs))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        graph.to_bytes(metadata={}), options, providers=["CPUExecutionProvider"]
    )
    # One row and many take different kernels.
    results = [session.run(None, {"activations": activations[:rows]})[0] for rows in (1, 8)]
    return all(bool((result == 255 * 127 * depth).all()) for result in results)


def _siblings(cpu: int) -> str:
    """A name for the physical core of a logical one."""
    path = _TOPOLOGY / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    try:
        return path.read_text().strip()
    except OSError:
        return str(cpu)


def _quota(path: Path) -> int | None:
    """Cores' worth of time that the container may use, rounded up; None without a limit."""
    try:
        limit, period = path.read_text().split()
        return None if limit == "max" else math.ceil(int(limit) / int(period))
    except (OSError, ValueError):
        return None
