"""Memory of this process and of the machine."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from jingpai.system.memory import machine_memory, read_memory


def test_the_peak_is_no_less_than_what_is_resident():
    memory = read_memory()
    assert memory.now is not None
    assert memory.now > 1_000_000
    assert memory.peak is None or memory.peak >= memory.now


@pytest.mark.skipif(sys.platform not in {"linux", "darwin", "win32"}, reason="knows no peak")
def test_the_peak_stays_when_memory_is_given_back():
    # In a process of its own: others of this one have had more already.
    code = (
        "from jingpai.system.memory import read_memory\n"
        "before = read_memory(); block = bytearray(b'x') * 60_000_000; held = read_memory()\n"
        "del block; after = read_memory()\n"
        "assert held.now > before.now + 50_000_000, (before, held)\n"
        "assert after.now < held.now - 50_000_000, (held, after)\n"
        "assert after.peak > before.now + 50_000_000, (before, after)\n"  # the kernel counts late
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_machine_has_more_than_this_process():
    machine = machine_memory()
    now = read_memory().now
    assert machine is not None
    assert now is not None
    assert machine.total > now
    assert 0 < machine.available <= machine.total


def test_memory_that_the_system_keeps_back_is_none(monkeypatch):
    def refuse(*arguments: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "memory_info", refuse)
    monkeypatch.setattr(psutil, "virtual_memory", refuse)
    assert read_memory().now is None
    assert machine_memory() is None
