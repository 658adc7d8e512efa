"""What does the container allow, as far as its control groups say?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path("/")
"""Of the file system, where Linux shows control groups; other systems have none."""

_MOUNT = "sys/fs/cgroup"


def core_quota(root: Path = ROOT) -> float | None:
    """Return how many cores' worth of time may be used, such as 1.5; None without a limit."""
    quotas = [_quota(folder) for folder in _groups("cpu", root)]
    return min((quota for quota in quotas if quota is not None), default=None)


def memory_limit(root: Path = ROOT) -> int | None:
    """Return how many bytes may be used; None without a limit.

    Version 1 writes a limit that no machine reaches where it sets none.
    """
    limits = [
        _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes")
        for folder in _groups("memory", root)
    ]
    return min((int(limit) for limit in limits if limit.isdigit()), default=None)


def _quota(folder: Path) -> float | None:
    limit = _read(folder / "cpu.max").split()  # version 2
    if not limit:
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")  # version 1
        limit = [_read(folder / name) for name in names]
    # Without a limit the first is `max` in version 2, and -1 in version 1.
    if len(limit) != 2 or not all(number.isdigit() and int(number) for number in limit):
        return None
    return int(limit[0]) / int(limit[1])


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Yield this process's control group and those around it, whose limits hold for it as well.

    A container mostly sees its own group where the root would be. A service of systemd, and a
    container that shows the names of its host, have theirs further down.
    """
    version_2, version_1 = root / _MOUNT, root / _MOUNT / controller
    yield from (version_2, version_1)
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        folder = version_1 if controllers else version_2
        for name in path.split("/"):
            # `..` leads to a group outside of what this process sees.
            if name not in ("", ".", ".."):
                folder /= name
                yield folder


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
