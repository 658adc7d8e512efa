"""Whether the weights of a model of PyTorch are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from jingpai.errors import ModelFilesInvalid

if TYPE_CHECKING:
    from pathlib import Path


def check_finite(model: Any, *, folder: Path, precision: str) -> None:  # noqa: ANN401
    """Check that no weight of a model is NaN or infinite.

    Args:
        model: A torch module, on its device and in its precision.
        folder: That it was loaded from.
        precision: What it is in, for the error.

    Raises:
        ModelFilesInvalid: A tensor holds NaN or infinity; the message names it.
    """
    names = [name for name, weight in model.named_parameters() if weight.is_floating_point()]
    weights = dict(model.named_parameters())
    # Sums need no memory, unlike a comparison of every weight, and NaN and infinity stay in them.
    # All of them leave the device at once, because each transfer waits for it.
    sums = torch.stack([weights[name].detach().sum(dtype=torch.float32) for name in names])
    wrong = [name for name, sound in zip(names, sums.isfinite().tolist(), strict=True) if not sound]
    if not wrong:
        return
    more = f" and {len(wrong) - 1} more tensors hold" if len(wrong) > 1 else " holds"
    if precision == "fp16":
        advice = 'fp16 holds no number beyond 65,504: try precision="fp32". If that is refused too,'
    else:
        advice = "As a failed training or a damaged file leaves it:"
    raise ModelFilesInvalid(
        f"{folder}: {wrong[0]}{more} NaN or infinity in {precision}. {advice} fetch the model"
        " again, or take an earlier state of the training."
    )
