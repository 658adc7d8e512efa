"""What keeps a process from the time that it wants: neighbours, and quotas of a container."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
PERIOD_S = 0.1
LOOK_S = 0.002


def processor_seconds(pid: int) -> float:
    """Return what all threads of a process have had; Linux numbers the clocks of processes so."""
    return time.clock_gettime((~pid << 3) | 2)


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Have so many processes want a core each."""
    command = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def can_make_groups() -> bool:
    """Whether there are control groups of version 2 that may be given a quota."""
    with contextlib.suppress(OSError):
        has_quotas = "cpu" in (GROUPS / "cgroup.subtree_control").read_text().split()
        if has_quotas:
            with control_group(1):
                return True
    return False


@contextmanager
def control_group(cores: float) -> Iterator[Path]:
    """Make a group that may use the time of so many cores; it goes once its processes have."""
    group = Path(tempfile.mkdtemp(prefix="jingpai-threads-", dir=GROUPS))
    try:
        period = int(PERIOD_S * 1e6)
        (group / "cpu.max").write_text(f"{int(cores * period)} {period}")
        yield group
    finally:
        group.rmdir()


@contextmanager
def throttled(process: subprocess.Popen[str], cores: float) -> Iterator[None]:
    """Give a process the time of so many cores, as a quota would."""
    stop = threading.Event()

    def throttle() -> None:
        while not stop.is_set():
            end, had = time.monotonic() + PERIOD_S, processor_seconds(process.pid)
            while (left := end - time.monotonic()) > 0:
                if processor_seconds(process.pid) - had >= cores * PERIOD_S:
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(left)
                    process.send_signal(signal.SIGCONT)
                    break
                time.sleep(min(left, LOOK_S))

    thread = threading.Thread(target=throttle)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
