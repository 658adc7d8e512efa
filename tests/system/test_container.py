"""What control groups allow, of either version, and wherever the process is in them."""

from __future__ import annotations

import pytest

from jingpai.system.container import core_quota, memory_limit


@pytest.fixture
def root(tmp_path):
    """The root of a file system with these files where control groups are mounted."""

    def make(files: dict[str, str], *, own: str = ""):
        for name, text in files.items():
            path = tmp_path / "sys/fs/cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n")
        if own:
            (tmp_path / "proc/self").mkdir(parents=True)
            (tmp_path / "proc/self/cgroup").write_text(own)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, None),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "200000 100000"}, 2),
        ({"cpu.max": "50000 100000"}, 0.5),
        ({"cpu.max": "1000 100000"}, 0.01),
        ({"cpu.max": "1 2 3"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 2.5),
        ({"cpu/cpu.cfs_quota_us": "250000"}, None),
        ({"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "0"}, None),
    ],
)
def test_a_quota_is_so_many_cores(root, files, cores):
    assert core_quota(root(files)) == cores


SYSTEMD = "0::/system.slice/jingpai.service\n"
VERSION_1 = (
    "9:memory:/docker/a1\n4:cpu,cpuacct:/docker/a1\n1:name=systemd:/elsewhere\n0::/docker/a1\n"
)


@pytest.mark.parametrize(
    ("own", "files", "cores"),
    [
        (SYSTEMD, {"system.slice/jingpai.service/cpu.max": "150000 100000"}, 1.5),
        (SYSTEMD, {"system.slice/cpu.max": "300000 100000"}, 3),
        (
            SYSTEMD,
            {
                "system.slice/cpu.max": "300000 100000",
                "system.slice/jingpai.service/cpu.max": "max 100000",
            },
            3,
        ),
        (
            SYSTEMD,
            {
                "system.slice/cpu.max": "100000 100000",
                "system.slice/jingpai.service/cpu.max": "300000 100000",
            },
            1,
        ),
        (SYSTEMD, {"user.slice/cpu.max": "100000 100000"}, None),
        ("0::/../other\n", {"other/cpu.max": "max 100000", "cpu.max": "50000 100000"}, 0.5),
        (
            VERSION_1,
            {
                "cpu/docker/a1/cpu.cfs_quota_us": "50000",
                "cpu/docker/a1/cpu.cfs_period_us": "100000",
            },
            0.5,
        ),
        # A container that names its group as the host does, and sees it as the root.
        (VERSION_1, {"cpu/cpu.cfs_quota_us": "150000", "cpu/cpu.cfs_period_us": "100000"}, 1.5),
        ("no such line", {}, None),
    ],
)
def test_the_tightest_quota_of_the_groups_around_a_process_counts(root, own, files, cores):
    assert core_quota(root(files, own=own)) == cores


@pytest.mark.parametrize(
    ("own", "files"),
    [
        (SYSTEMD, {"system.slice/jingpai.service/memory.max": "100", "memory.max": "max"}),
        (VERSION_1, {"memory/docker/a1/memory.limit_in_bytes": "100"}),
        (
            VERSION_1,
            {
                "memory/docker/memory.limit_in_bytes": "100",
                "memory/docker/a1/memory.limit_in_bytes": "9223372036854771712",
            },
        ),
    ],
)
def test_the_tightest_limit_of_memory_counts_too(root, own, files):
    assert memory_limit(root(files, own=own)) == 100


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"memory.max": "max"}, None),
        ({"memory.max": "536870912"}, 536870912),
        ({"memory/memory.limit_in_bytes": "536870912"}, 536870912),
    ],
)
def test_a_limit_of_memory_is_so_many_bytes(root, files, limit):
    assert memory_limit(root(files)) == limit
