"""How many cores may this process use, and how much work suits them?"""

from __future__ import annotations

import math
import os
import sys
from typing import TYPE_CHECKING

from jingpai.system.container import ROOT, core_quota

if TYPE_CHECKING:
    from pathlib import Path

_TOPOLOGY = "sys/devices/system/cpu"

MOST_THREADS = 1024
"""Of a model: no machine has more processors."""

_BATCH_TOKENS_PER_CORE = 640
_MOST_BATCH_TOKENS = 2048


def physical_cores(root: Path = ROOT) -> int:
    """Return the physical cores that this process may use; a part of one counts as a whole.

    That is fewer than the machine has when the process is pinned to some of them, or when its
    container has a quota: a thread more than that waits, and the others wait for it.

    Args:
        root: Of the file system that tells of cores and of control groups.
    """
    if sys.platform == "linux":
        cores = len({_siblings(cpu, root) for cpu in os.sched_getaffinity(0)})
    else:
        usable = usable_processors()
        cores = min(machine_cores() or usable, usable)
    quota = core_quota(root)
    return cores if quota is None else min(cores, math.ceil(quota))


def machine_cores() -> int | None:
    """Return the physical cores of the machine; None where the system does not say."""
    import psutil

    cores: int | None = psutil.cpu_count(logical=False)
    return cores


def usable_processors() -> int:
    """Return how many logical processors this process may run on."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    if sys.platform == "win32":
        import psutil

        return len(psutil.Process().cpu_affinity())
    return os.cpu_count() or 1


def batch_tokens(threads: int | None) -> int:
    """Tokens of a batch that keep so many threads busy; None is one per physical core.

    No more than that: what a layer hands to the next leaves the caches in larger batches, and rows
    of more different lengths share one, so that attention has more padding. Nor fewer: two threads
    share a product of 1024 columns by its rows from 1024 rows on; by its columns, they take longer.
    """
    cores = threads or physical_cores()
    return min(cores * _BATCH_TOKENS_PER_CORE, _MOST_BATCH_TOKENS)


def _siblings(cpu: int, root: Path) -> str:
    """A name for the physical core of a logical one."""
    path = root / _TOPOLOGY / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    try:
        return path.read_text().strip()
    except OSError:
        return str(cpu)
