"""Which processor is it, and which instructions does it have?"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import NamedTuple

from jingpai.system.programs import output_of

_CPUINFO = Path("/proc/cpuinfo")

# What matters for matrix products, as Linux calls it: x86 first, then ARM.
_INSTRUCTIONS = (
    *("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8"),
    *("amx_bf16", "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2"),
)

# macOS names of the same.
_MAC_INSTRUCTIONS = {
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
}
_MAC_NAME = "machdep.cpu.brand_string"
_TIMEOUT_S = 5.0


class Chip(NamedTuple):
    """A processor.

    Attributes:
        name: As its maker calls it, or only its architecture where the system says no more.
        instructions: Those that speed up matrix products; empty where the system does not say.
    """

    name: str
    instructions: tuple[str, ...]


def describe_chip() -> Chip:
    """Return what the system says of the processor."""
    name, instructions = "", set[str]()
    if sys.platform == "linux":
        name, instructions = _said_by_linux()
    elif sys.platform == "darwin":
        name, instructions = _said_by_macos()
    return Chip(
        name or platform.processor() or platform.machine(),
        tuple(known for known in _INSTRUCTIONS if known in instructions),
    )


def _said_by_linux() -> tuple[str, set[str]]:
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", set()
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())  # all processors say the same
    instructions = fields.get("flags") or fields.get("Features", "")  # x86, ARM
    return fields.get("model name", ""), set(instructions.split())


def _said_by_macos() -> tuple[str, set[str]]:
    # sysctl fails if it does not know one of the names, so each is asked for alone.
    said = {
        name: (output_of(["/usr/sbin/sysctl", "-n", name], timeout_s=_TIMEOUT_S) or "").strip()
        for name in (_MAC_NAME, *_MAC_INSTRUCTIONS)
    }
    return said[_MAC_NAME], {
        known for name, known in _MAC_INSTRUCTIONS.items() if said[name] == "1"
    }
