"""What the CPU offers: physical cores, and how much work suits them."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")

_BATCH_TOKENS_PER_CORE = 640
_MOST_BATCH_TOKENS = 2048


def physical_cores() -> int | None:
    """Physical cores that this process may use; None where only ONNX Runtime can tell.

    On Linux that is fewer than the machine has when the process is pinned to some of them, or when
    its container has a quota: a thread more than that waits, and the others wait for it.
    """
    if sys.platform != "linux":
        return None
    allowed = os.sched_getaffinity(0)
    cores = {_siblings(cpu) for cpu in allowed}
    quota = _quota(_QUOTA)
    return len(cores) if quota is None else min(len(cores), quota)


def batch_tokens(threads: int | None) -> int:
    """Tokens of a batch that keep so many threads busy; None is one per physical core.

    No more than that: what a layer hands to the next leaves the caches in larger batches, and rows
    of more different lengths share one, so that attention has more padding. Nor fewer: two threads
    share a product of 1024 columns by its rows from 1024 rows on; by its columns, they take longer.
    """
    cores = threads or physical_cores() or os.cpu_count() or 1
    return min(cores * _BATCH_TOKENS_PER_CORE, _MOST_BATCH_TOKENS)


def _siblings(cpu: int) -> str:
    """A name for the physical core of a logical one."""
    path = _TOPOLOGY / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    try:
        return path.read_text().strip()
    except OSError:
        return str(cpu)


def _quota(path: Path) -> int | None:
    """Cores' worth of time that the container may use, rounded up; None without a limit."""
    try:
        limit, period = path.read_text().split()
        return None if limit == "max" else math.ceil(int(limit) / int(period))
    except (OSError, ValueError):
        return None
