"""What a control group allows, of either version."""

from __future__ import annotations

import pytest

from jingpai.system.container import core_quota, memory_limit


@pytest.fixture
def group(tmp_path):
    def make(**files: str):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{text}\n")
        return tmp_path

    return lambda files: make(**files)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, None),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "200000 100000"}, 2),
        ({"cpu.max": "1000 100000"}, 1),
        ({"cpu.max": "1 2 3"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "250000"}, None),
        ({"cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "0"}, None),
    ],
)
def test_a_quota_is_so_many_cores(group, files, cores):
    assert core_quota(group(files)) == cores


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"memory.max": "max"}, None),
        ({"memory.max": "536870912"}, 536870912),
        ({"memory/memory.limit_in_bytes": "536870912"}, 536870912),
    ],
)
def test_a_limit_of_memory_is_so_many_bytes(group, files, limit):
    assert memory_limit(group(files)) == limit
