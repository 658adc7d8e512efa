"""A matrix product of PyTorch, for the ceiling of models that it runs; needs the extra `torch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def torch_product(
    size: tuple[int, int, int], *, device: str, precision: str
) -> Callable[[], object]:
    """Return what makes a product of (rows, inputs, outputs) once, and waits for it.

    Args:
        size: Of the product.
        device: As PyTorch calls it.
        precision: `fp32`, `fp16` or `bf16`.
    """
    rows, inputs, outputs = size
    generator = torch.Generator().manual_seed(0)  # zeros or ones would leave the units cool
    activations = torch.randn(rows, inputs, generator=generator).to(device, _DTYPES[precision])
    weights = torch.randn(outputs, inputs, generator=generator).to(device, _DTYPES[precision])

    def run() -> None:
        with torch.inference_mode():
            torch.nn.functional.linear(activations, weights)
        if device.startswith("cuda"):
            torch.cuda.synchronize(device)
        elif device == "mps":
            torch.mps.synchronize()

    return run
