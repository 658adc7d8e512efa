"""How many threads does a model get, and do they rest while they wait for each other?

A thread of ONNX Runtime that waits can ask for work without rest, which is soonest there when some
comes. On a core that another process wants it takes the time from the very thread that it waits
for, and in a container it spends the quota of all. So threads spin only where nobody else is to
be expected, and never between two batches.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from jingpai.system.container import ROOT, core_quota
from jingpai.system.processor import physical_cores, usable_processors

if TYPE_CHECKING:
    from pathlib import Path

Role: TypeAlias = Literal["library", "batch", "server", "ray"]
"""Who runs models in this process: a program of the user's or a command, a batch job, the server,
or a worker of one of the two on Ray, which has others and Ray's own processes beside it."""

Waiting: TypeAlias = Literal["spin", "spin in runs", "sleep"]
"""What threads do while they wait: ask for work without rest, also for a while after a batch; do so
within batches alone; or sleep until they are woken."""


class Waits(NamedTuple):
    """How threads of a model wait.

    Attributes:
        alone: With the machine to themselves, as far as can be seen.
        shared: With a part of it: fewer threads than it has cores, some of its processors, a quota.
    """

    alone: Waiting
    shared: Waiting


WAITS: dict[Role, Waits] = {
    "library": Waits(alone="spin in runs", shared="sleep"),
    "batch": Waits(alone="sleep", shared="sleep"),
    "server": Waits(alone="sleep", shared="sleep"),
    "ray": Waits(alone="sleep", shared="sleep"),
}
"""The decision, for all. `benchmarks/threads.py` measures what each choice costs."""


@dataclass(frozen=True, slots=True)
class Threads:
    """The threads of a model.

    Attributes:
        count: How many.
        waiting: What they do while they wait.
    """

    count: int
    waiting: Waiting


class _Process:
    """What is known of this process.

    Attributes:
        role: Who runs models in it.
    """

    role: Role = "library"


def run_as(role: Role) -> None:
    """Say who runs models in this process; it holds for those that are loaded from now on.

    It is the process that shares a machine with others, not one of its models, so this is said
    once, where the process begins.
    """
    _Process.role = role


def threads_for(asked: int | None, *, role: Role | None = None, root: Path = ROOT) -> Threads:
    """Return the threads of a model.

    Args:
        asked: As many as the user said; None is one a physical core. There are no more than
            processors that this process may use, and no more than the quota of its container keeps
            busy: others would only wait, and be waited for.
        role: Who runs it; None is what was said of this process.
        root: Of the file system that tells of control groups.
    """
    quota = core_quota(root)
    usable = usable_processors()
    cores = physical_cores(root)
    most = usable if quota is None else min(usable, math.ceil(quota))
    count = min(cores if asked is None else asked, most)
    # Of a machine without a quota whose processors are all usable, these are all cores.
    is_alone = quota is None and usable == (os.cpu_count() or 1) and count >= cores
    return Threads(count, waiting(role or _Process.role, threads=count, is_alone=is_alone))


def waiting(role: Role, *, threads: int, is_alone: bool) -> Waiting:
    """Return how threads wait.

    Args:
        role: Who runs the model.
        threads: How many there are; a single one waits for nobody.
        is_alone: Whether they have the machine to themselves, as far as can be seen.
    """
    if threads == 1:
        return "sleep"
    return WAITS[role].alone if is_alone else WAITS[role].shared
