"""How many threads a model gets, and whether they rest while they wait."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from typing import get_args

import pytest

from jingpai.system.processor import physical_cores, usable_processors
from jingpai.system.threads import Role, Threads, threads_for, waiting


@pytest.fixture
def root(tmp_path):
    """The root of a file system in which a control group has a quota."""

    def make(quota: float):
        folder = tmp_path / "sys/fs/cgroup"
        folder.mkdir(parents=True)
        (folder / "cpu.max").write_text(f"{quota * 100_000:.0f} 100000\n")
        return tmp_path

    return make


@pytest.mark.parametrize("quota", [0.01, 0.5, 1, 1.5, 2, 1000])
@pytest.mark.parametrize("asked", [None, 1, 2, 1024])
def test_threads_are_the_quota_rounded_up_and_no_more_than_processors(root, quota, asked):
    folder = root(quota)
    count = threads_for(asked, root=folder).count
    most = min(math.ceil(quota), usable_processors())
    assert 1 <= count <= most
    assert count == min(asked, most) if asked else count == min(physical_cores(folder), most)


def test_half_a_core_and_one_and_a_half_have_one_thread_and_two(root):
    folder = root(1.5)
    assert threads_for(8, root=folder).count == min(2, usable_processors())
    (folder / "sys/fs/cgroup/cpu.max").write_text("50000 100000\n")
    assert threads_for(8, root=folder) == Threads(1, "sleep")


def test_threads_with_a_quota_sleep_whoever_runs_them(root):
    folder = root(1.5)
    for role in get_args(Role):
        assert threads_for(None, role=role, root=folder).waiting == "sleep"


def test_without_a_quota_there_is_one_thread_a_core(tmp_path):
    threads = threads_for(None, role="library", root=tmp_path)
    assert threads.count == physical_cores(tmp_path)
    is_pinned = usable_processors() < (os.cpu_count() or 1)
    has_others = threads.count > 1 and not is_pinned
    assert threads.waiting == ("spin in runs" if has_others else "sleep")


def test_fewer_threads_than_cores_leave_the_others_to_somebody_and_sleep(tmp_path):
    assert threads_for(1, root=tmp_path) == Threads(1, "sleep")
    fewer = max(1, physical_cores(tmp_path) - 1)
    assert threads_for(fewer, root=tmp_path) == Threads(fewer, "sleep")


@pytest.mark.parametrize(
    ("role", "is_alone", "expected"),
    [
        ("library", True, "spin in runs"),
        ("library", False, "sleep"),
        ("batch", True, "sleep"),
        ("server", True, "sleep"),
        ("ray", True, "sleep"),
    ],
)
def test_who_runs_a_model_decides_whether_its_threads_spin(role, is_alone, expected):
    assert waiting(role, threads=4, is_alone=is_alone) == expected


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_single_thread_waits_for_nobody(role, is_alone):
    assert waiting(role, threads=1, is_alone=is_alone) == "sleep"


@pytest.mark.skipif(sys.platform != "linux", reason="needs processor affinity")
def test_a_process_that_is_pinned_to_one_processor_has_one_thread():
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from jingpai.system.threads import threads_for\n"
        "print([threads_for(asked).count for asked in (None, 1, 8)])"
    )
    assert printed(code) == "[1, 1, 1]"


def test_what_is_said_of_a_process_holds_for_what_it_loads_from_then_on():
    code = (
        "from jingpai.system.threads import WAITS, Waits, run_as, threads_for\n"
        "WAITS['ray'] = Waits('spin', 'spin')\n"
        "before = threads_for(None)\n"
        "run_as('ray')\n"
        "print(threads_for(None) == threads_for(None, role='ray'), before.count == 1 or\n"
        "      before == threads_for(None, role='library') != threads_for(None))"
    )
    assert printed(code) == "True True"


def printed(code: str) -> str:
    """Return what a process of its own prints, with this one's import path."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
