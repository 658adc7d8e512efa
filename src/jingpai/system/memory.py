"""How much memory do this process and the machine have?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

_STATUS = Path("/proc/self/status")


class Memory(NamedTuple):
    """Resident memory of this process in bytes; None where the system does not say.

    Attributes:
        now: At this moment.
        peak: The most so far.
    """

    now: int | None
    peak: int | None


class MachineMemory(NamedTuple):
    """Memory of the whole machine in bytes, whatever a container may use of it.

    Attributes:
        total: What is built in.
        available: What a new process could have without swapping.
    """

    total: int
    available: int


def read_memory() -> Memory:
    """Return the memory of this process."""
    import psutil

    try:
        found = psutil.Process().memory_info()
    except (psutil.Error, OSError):
        return Memory(None, _peak())
    now = int(found.rss)
    peak: int | None = getattr(found, "peak_wset", None) or _peak()  # Windows says it here
    # Linux keeps the peak a little late.
    return Memory(now, None if peak is None else max(peak, now))


def machine_memory() -> MachineMemory | None:
    """Return the memory of the machine; None where the system does not say."""
    import psutil

    try:
        found = psutil.virtual_memory()
    except (psutil.Error, OSError):
        return None
    return MachineMemory(int(found.total), int(found.available))


def _peak() -> int | None:
    if sys.platform == "linux":
        # `getrusage` would count the peak of the process that started this one.
        try:
            lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return None
        fields = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
        return int(fields["VmHWM"][0]) * 1024 if "VmHWM" in fields else None
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None
