"""What does the container allow, as far as its control group says?"""

from __future__ import annotations

import math
from pathlib import Path

CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Where a container sees its own control group; other systems than Linux have none."""


def core_quota(folder: Path = CONTROL_GROUP) -> int | None:
    """Return the cores' worth of time that may be used, rounded up; None without a limit."""
    limit = _read(folder / "cpu.max").split()  # version 2
    if not limit:
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")  # version 1
        limit = [_read(folder / "cpu" / name) for name in names]
    # Without a limit the first is `max` in version 2, and -1 in version 1.
    if len(limit) != 2 or not all(number.isdigit() and int(number) for number in limit):
        return None
    return math.ceil(int(limit[0]) / int(limit[1]))


def memory_limit(folder: Path = CONTROL_GROUP) -> int | None:
    """Return how many bytes may be used; None without a limit.

    Version 1 writes a limit that no machine reaches where it sets none.
    """
    limit = _read(folder / "memory.max") or _read(folder / "memory" / "memory.limit_in_bytes")
    return int(limit) if limit.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
