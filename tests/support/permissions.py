"""Files that may not be read, for root as for everyone."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65534


@contextmanager
def unreadable_files(files: Mapping[str, bytes], *names: str) -> Iterator[Path]:
    """A folder of which some files may not be read within this; root becomes nobody for it.

    The name `.` is the folder itself.
    """
    if sys.platform == "win32":
        pytest.skip("needs file modes")
    # Not below the folder of the tests: only root may enter that.
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    try:
        folder.chmod(0o755)
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o644)
        for name in names:
            (folder / name).chmod(0)
        if is_root:
            os.seteuid(_NOBODY)
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)
