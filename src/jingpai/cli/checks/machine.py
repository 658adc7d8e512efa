"""The computer: system, processor, memory."""

from __future__ import annotations

import os
import platform
import sys

from jingpai.cli.checks.finding import Fact, Finding
from jingpai.cli.terminal.sizes import bytes_text
from jingpai.language.speech import say
from jingpai.system.chip import describe_chip
from jingpai.system.container import core_quota, memory_limit
from jingpai.system.memory import machine_memory
from jingpai.system.processor import machine_cores, usable_processors
from jingpai.version import __version__


def check() -> Finding:
    """Describe the computer."""
    chip = describe_chip()
    facts: dict[str, Fact] = {
        "jingpai": __version__,
        "Python": f"{platform.python_version()} ({sys.executable})",
        "system": platform.platform(),
        "processor": chip.name,
        "instructions": list(chip.instructions) or say("unknown"),
        "cores": _cores_text(),
        "memory": _memory_text(),
    }
    return Finding(facts)


def _cores_text() -> str:
    text = say("{physical} physical, {logical} logical, {usable} usable by this process")
    text = text.format(
        physical=machine_cores() or "?", logical=os.cpu_count() or 1, usable=usable_processors()
    )
    quota = core_quota()
    if quota is not None and quota < usable_processors():
        text += say("; this container may use the time of {cores}").format(cores=f"{quota:g}")
    return text


def _memory_text() -> str:
    memory = machine_memory()
    if memory is None:
        return say("unknown")
    text = say("{total}, {available} available").format(
        total=bytes_text(memory.total), available=bytes_text(memory.available)
    )
    limit = memory_limit()
    if limit is not None and limit < memory.total:
        text += say("; this container may use {limit}").format(limit=bytes_text(limit))
    return text
