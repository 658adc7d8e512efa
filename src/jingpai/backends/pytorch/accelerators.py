"""Which accelerators PyTorch sees here, and whether they really compute."""

from __future__ import annotations

import warnings

import torch


def unusable_reason(device: str) -> str | None:
    """Why a device (`cuda`, `cuda:1`, `mps`) cannot be used; None where it computes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            torch.ones(1, device=device).add_(1).cpu()
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            # An old driver is told as a warning, and only then as an error.
            return "; ".join([*(str(entry.message) for entry in caught), _first_line(error)])
    return None


def present_kinds() -> tuple[str, ...]:
    """Accelerators that PyTorch was built for and that the machine seems to have, best first."""
    kinds = []
    if torch.version.cuda or torch.version.hip:
        kinds += ["cuda"] if _cuda_devices() else []
    if torch.backends.mps.is_built():
        kinds += ["mps"]
    return tuple(kinds)


def _cuda_devices() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `unusable_reason` says it in full
        return torch.cuda.device_count()


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
