"""The computer: system, processor, memory."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from jingpai.cli.checks.commands import output_of
from jingpai.cli.checks.finding import Fact, Finding
from jingpai.cli.terminal.sizes import bytes_text
from jingpai.language.speech import say
from jingpai.version import __version__

# What matters for matrix products, as Linux calls it: x86 first, then ARM.
_INSTRUCTIONS = (
    *("avx", "avx2", "fma", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8"),
    *("amx_bf16", "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2"),
)

# macOS names of the same.
_MAC_FEATURES = {
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512f",
}
_TIMEOUT_S = 5.0


def check() -> Finding:
    """Describe the computer."""
    cpu = (
        _linux_cpu() if sys.platform == "linux" else _mac_cpu() if sys.platform == "darwin" else {}
    )
    instructions = [name for name in _INSTRUCTIONS if name in cpu.get("flags", "").split()]
    facts: dict[str, Fact] = {
        "jingpai": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "processor": cpu.get("name") or platform.processor() or platform.machine(),
        "instructions": instructions or say("unknown"),
        "cores": _cores_text(cpu),
        "memory": _memory_text(),
    }
    return Finding(facts)


def _cpu() -> dict[str, str]:
    """Return what the system says of the processor: its name, flags, and physical cores."""
    if sys.platform == "linux":
        return _linux_cpu()
    return _mac_cpu() if sys.platform == "darwin" else {}


def _linux_cpu() -> dict[str, str]:
    fields: dict[str, str] = {}
    cores = set()
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    for block in text.split("\n\n"):
        lines = [line.partition(":") for line in block.splitlines()]
        one = {key.strip(): value.strip() for key, _, value in lines}
        if "core id" in one:
            cores.add((one.get("physical id"), one["core id"]))
        fields = one | fields
    return {
        "name": fields.get("model name", ""),
        "flags": fields.get("flags") or fields.get("Features", ""),
        # ARM kernels do not say which processors share a core.
        "physical": str(len(cores) or ""),
    }


def _mac_cpu() -> dict[str, str]:
    names = ["machdep.cpu.brand_string", "hw.physicalcpu", *_MAC_FEATURES]
    # sysctl fails if it does not know one of the names, so each is asked for alone.
    answers = {
        name: output_of(["/usr/sbin/sysctl", "-n", name], timeout_s=_TIMEOUT_S) for name in names
    }
    values = {name: (answer or "").strip() for name, answer in answers.items()}
    flags = [flag for name, flag in _MAC_FEATURES.items() if values[name] == "1"]
    return {
        "name": values["machdep.cpu.brand_string"],
        "flags": " ".join(flags),
        "physical": values["hw.physicalcpu"],
    }


def _cores_text(cpu: dict[str, str]) -> str:
    logical = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else logical
    text = say("{physical} physical, {logical} logical, {usable} usable by this process")
    return text.format(physical=cpu.get("physical") or "?", logical=logical, usable=usable)


def _memory_text() -> str:
    total = _memory_total()
    if total is None:
        return say("unknown")
    text = bytes_text(total)
    available = _memory_available()
    if available is not None:
        text = say("{total}, {available} available").format(
            total=text, available=bytes_text(available)
        )
    limit = _container_limit()
    if limit is not None and limit < total:
        text += say("; this container may use {limit}").format(limit=bytes_text(limit))
    return text


def _memory_total() -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (OSError, ValueError):
        return None


def _memory_available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    kilobytes = fields.get("MemAvailable", "").split()
    return int(kilobytes[0]) * 1024 if kilobytes else None


def _container_limit() -> int | None:
    """Return the memory that the control group allows, in bytes, or None where it sets none."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(text) if text.isdigit() else None
    return None
