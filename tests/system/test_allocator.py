"""Memory that is freed stays with the process where that was asked for, and nowhere else."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

ALL = ("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_")

has_glibc = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
needs_glibc = pytest.mark.skipif(not has_glibc, reason="needs glibc")

ASKED = "from jingpai.system.allocator import keep_freed_memory\nprint(keep_freed_memory())\n"


def printed(code: str, **environment: str) -> list[str]:
    """Return the lines that a process of its own prints: what is asked for lasts as long as it."""
    own = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    own.pop("GLIBC_TUNABLES", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**own, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_glibc
def test_it_returns_the_variables_that_would_have_done_the_same():
    assert printed(ASKED) == [str(ALL)]


@needs_glibc
@pytest.mark.parametrize(
    ("environment", "left"),
    [
        ({"MALLOC_TOP_PAD_": "0"}, ALL[:2]),
        (dict.fromkeys(ALL, "4096"), ()),
        ({"GLIBC_TUNABLES": "glibc.malloc.mmap_max=9:glibc.malloc.perturb=0"}, ALL[1:]),
    ],
)
def test_what_the_user_has_set_stays(environment, left):
    assert printed(ASKED, **environment) == [str(left)]


@pytest.mark.skipif(has_glibc, reason="needs another C library")
def test_elsewhere_it_does_nothing():
    assert printed(ASKED) == ["()"]


@needs_glibc
def test_memory_that_is_freed_and_allocated_again_is_not_mapped_again():
    code = """
import resource
{asked}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
block = b"x" * (64 << 20)
del block
before = faults()
for _ in range(4):
    block = b"x" * (64 << 20)
    del block
print(faults() - before)
"""
    default = int(printed(code.format(asked=""))[-1])
    if not default:
        pytest.skip("the kernel counts no page faults here")
    assert int(printed(code.format(asked=ASKED))[-1]) < default / 4
