"""The program in this process, as a command line runs it: fast, and its exceptions pass."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from typing import NamedTuple

import pytest

from jingpai.cli.app import main


class Finished(NamedTuple):
    """What came of a run."""

    code: int
    stdout: str
    stderr: str


def run_program(*arguments: str, stdin: bytes = b"") -> Finished:
    """Run the program; an exception that is no exit code of its own passes."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "strict") for _ in range(2))
    code = 0
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("default")  # as it is where no tests run
        patch.setattr(sys, "argv", ["jingpai", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8", "strict"))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Finished(code, _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8")
