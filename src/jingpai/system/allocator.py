"""Has the allocator of glibc keep the memory that is freed, for work that soon wants it again."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import NamedTuple


class _Parameter(NamedTuple):
    """One of what `mallopt` sets.

    Attributes:
        number: In <malloc.h>.
        value: A C int.
        variable: Of the environment, which sets it too.
        tunable: Which sets it too, within the variable GLIBC_TUNABLES.
    """

    number: int
    value: int
    variable: str
    tunable: str


_PARAMETERS = (
    # Large blocks come from the heap like small ones, not each from the kernel and back to it.
    _Parameter(-4, 0, "MALLOC_MMAP_MAX_", "glibc.malloc.mmap_max"),
    # The heap is never made smaller: -1 is no limit, as it is of no sign within.
    _Parameter(-1, -1, "MALLOC_TRIM_THRESHOLD_", "glibc.malloc.trim_threshold"),
    # It grows by so many bytes more than are asked for.
    _Parameter(-2, 256 << 20, "MALLOC_TOP_PAD_", "glibc.malloc.top_pad"),
)


def keep_freed_memory() -> tuple[str, ...]:
    """Keep what this process frees from now on, instead of giving it back to the kernel.

    A step of training frees what the next one allocates. To map it anew each time, page by page,
    takes as long as a third to a half of the step.

    Returns:
        The environment variables that would have done the same, of what was set here: all three,
        but for those that the user has set to something, which is left as it is. None where the C
        library is not glibc: macOS, Windows, Alpine.
    """
    if sys.platform != "linux":
        return ()
    library = ctypes.CDLL(None)
    # musl has no mallopt, and that of others numbers other things.
    if not (hasattr(library, "gnu_get_libc_version") and hasattr(library, "mallopt")):
        return ()
    mallopt = library.mallopt
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    return tuple(
        parameter.variable
        for parameter in _PARAMETERS
        if not _is_chosen(parameter) and mallopt(parameter.number, parameter.value)
    )


def _is_chosen(parameter: _Parameter) -> bool:
    """Whether the user has said what it is to be."""
    tunables = os.environ.get("GLIBC_TUNABLES", "").split(":")
    return parameter.variable in os.environ or any(
        tunable.partition("=")[0] == parameter.tunable for tunable in tunables
    )
