"""What a benchmark ran on: without it a number means nothing."""

from __future__ import annotations

import os
import platform
from importlib import metadata

from jingpai.system.chip import describe_chip
from jingpai.system.processor import physical_cores

_PACKAGES = ("jingpai", "numpy", "tokenizers", "onnxruntime", "torch", "transformers")


def describe_machine() -> dict[str, str | int | float | None]:
    """Return the system, the processor and how busy it is; None is what the system keeps back."""
    return {
        "system": platform.platform(),
        "processor": describe_chip().name,
        "logical_cores": os.cpu_count(),
        "physical_cores_usable": physical_cores(),
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of what runs models; None is not installed."""
    return {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
