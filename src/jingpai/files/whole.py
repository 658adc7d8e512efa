"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def write_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that gets its name once all of it is written.

    Raises:
        OSError: It cannot be written.
    """
    # A name of its own: another thread or process may be writing the same file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
    try:
        with temporary.open("wb") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file as a whole, in UTF-8; what it cannot hold becomes a question mark.

    Raises:
        OSError: It cannot be written.
    """
    with write_whole(path) as file:
        # A half of a character, which a program may have made.
        file.write(text.encode("utf-8", "replace"))
