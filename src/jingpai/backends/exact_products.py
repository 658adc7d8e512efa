"""Whether 8-bit products are exact on this CPU."""

from __future__ import annotations

import functools

import numpy as np

from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.runtime import onnxruntime


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
