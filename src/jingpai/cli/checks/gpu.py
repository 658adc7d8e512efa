"""The device that a model would run on: what the driver sees, what torch sees, who is on it."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

from jingpai.cli.checks.finding import Fact, Finding, Problem
from jingpai.cli.checks.packages import version
from jingpai.extras import install_command
from jingpai.language.speech import say
from jingpai.system.programs import output_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_NVIDIA_TIMEOUT_S = 10.0

# The first import of torch reads gigabytes from the disk.
_TORCH_TIMEOUT_S = 120.0

# Runs in a process of its own: a torch that does not fit the driver may crash, and even a sound
# one takes seconds and hundreds of megabytes.
_ASK_TORCH = """
import json, torch
from jingpai.backends.pytorch.accelerators import present_kinds, unusable_reason
print(json.dumps({
    "unusable": {kind: unusable_reason(kind) for kind in present_kinds()},
    "cards": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    "built_for": torch.version.cuda or torch.version.hip,
}))
"""

_CUDA_TORCH_COMMAND = (
    "pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu126"
)
_OLD_TORCH_ADDRESS = "https://pytorch.org/get-started/previous-versions/"


def check() -> Finding:
    """Tell which device a model would run on, and why."""
    cards = _cards()
    facts: dict[str, Fact] = {}
    if cards is None:
        facts["NVIDIA driver"] = say("none found (no nvidia-smi)")
    else:
        facts["NVIDIA cards"] = cards or say("none")
        facts["GPU memory held by"] = _holders() or say("no process")
    torch = None if version("torch") is None else _ask_torch()
    facts["device"] = _device(torch)
    problem = _problem(torch, has_cards=bool(cards))
    return Finding(facts, () if problem is None else (problem,))


class _Torch(NamedTuple):
    """What torch says.

    Attributes:
        unusable: The kinds of device that seem to be there, best first, and why one cannot be
            used; None where it computes.
        cards: Names of the cards.
        built_for: Version of CUDA or ROCm; None for the build for CPUs.
    """

    unusable: dict[str, str | None]
    cards: list[str]
    built_for: str | None

    @property
    def best(self) -> str | None:
        """The device that is used unless another is asked for; None is the CPU."""
        return next((kind for kind, reason in self.unusable.items() if reason is None), None)


def _ask_torch() -> _Torch | None:
    """Return what torch says of its devices, or None where it cannot be imported."""
    answer = output_of([sys.executable, "-c", _ASK_TORCH], timeout_s=_TORCH_TIMEOUT_S)
    return None if answer is None else _Torch(**json.loads(answer.strip().splitlines()[-1]))


def _device(torch: _Torch | None) -> str:
    if version("torch") is None:
        return say("cpu: torch is not installed; models run on ONNX Runtime")
    if torch is None:
        return say("cpu: torch cannot be imported")
    if torch.best == "cuda":
        return say("cuda: torch can use {cards}").format(cards=", ".join(torch.cards))
    if torch.best == "mps":
        return say("mps: torch can use the GPU of this Mac")
    return say("cpu: torch finds no GPU that it can use")


def _problem(torch: _Torch | None, *, has_cards: bool) -> Problem | None:
    installed = version("torch")
    if installed is None:
        text = say("There is an NVIDIA GPU, but torch is not installed, so it is not used.")
        return Problem(text, install_command("torch")) if has_cards else None
    if torch is None:
        text = say("torch {version} is installed, but `import torch` fails or hangs.")
        return Problem(text.format(version=installed), "pip install --force-reinstall torch")
    return None if torch.best else _unused_gpu(torch, installed, has_cards=has_cards)


def _unused_gpu(torch: _Torch, installed: str, *, has_cards: bool) -> Problem | None:
    """Return why torch leaves a GPU alone, or None where there is none."""
    if torch.built_for is None and not torch.unusable:
        text = say("There is an NVIDIA GPU, but this torch ({version}) is the build for CPUs.")
        problem = Problem(text.format(version=installed), _CUDA_TORCH_COMMAND)
        return problem if has_cards else None
    if not has_cards and not torch.unusable:
        return None
    text = say(
        "There is a GPU, but torch {version} (built for {built_for}) cannot use it. {reasons}"
    )
    reasons = "; ".join(f"{kind}: {reason}" for kind, reason in torch.unusable.items())
    built_for = torch.built_for or "CPU"
    mend = say("update the GPU's driver, or install a torch that fits it: {address}")
    return Problem(
        text.format(version=installed, built_for=built_for, reasons=reasons).rstrip(),
        mend.format(address=_OLD_TORCH_ADDRESS),
    )


def _cards() -> list[str] | None:
    """Return a line for each card with its memory, or None without a working driver."""
    rows = _ask_nvidia("--query-gpu=index,name,memory.total,memory.free,driver_version")
    if rows is None:
        return None
    text = say("{index}: {name}, {free} of {total} MiB free, driver {driver}")
    return [
        text.format(index=index, name=name, total=total, free=free, driver=driver)
        for index, name, total, free, driver in rows
    ]


def _holders() -> list[str]:
    """Return a line for each process that holds memory of a card."""
    rows = _ask_nvidia("--query-compute-apps=pid,process_name,used_memory") or []
    return [f"{name} (pid {pid}): {used} MiB" for pid, name, used in rows]


def _ask_nvidia(query: str) -> list[Sequence[str]] | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, query, "--format=csv,noheader,nounits"]
    answer = output_of(command, timeout_s=_NVIDIA_TIMEOUT_S)
    if answer is None:
        return None
    columns = query.count(",") + 1
    rows = csv.reader(answer.splitlines(), skipinitialspace=True)
    return [row for row in rows if len(row) == columns]
