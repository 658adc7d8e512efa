"""How much memory this process has, as far as the system says."""

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


def read_memory() -> Memory:
    """Return the memory of this process."""
    if sys.platform == "linux":
        # `getrusage` would count the peak of the process that started this one.
        lines = (line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
        fields = {key: value.split() for key, value in lines}
        return Memory(*(int(fields[key][0]) * 1024 for key in ("VmRSS", "VmHWM")))
    if sys.platform == "darwin":
        import resource

        return Memory(None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return Memory(None, None)
