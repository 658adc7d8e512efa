"""Other programs, asked without trust: they may be missing, broken, or hang."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def output_of(command: Sequence[str], *, timeout_s: float) -> str | None:
    """Return what a program writes to stdout, or None where it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - the callers' commands are constants
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
            check=True,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
