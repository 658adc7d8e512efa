"""Optional packages: what is said where one is missing, and the command that installs it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

from jingpai.errors import MissingExtra
from jingpai.language.speech import say

Extra: TypeAlias = Literal[
    "batch",
    "bench",
    "calibrate",
    "evaluation",
    "haystack",
    "langchain",
    "llama-index",
    "mteb",
    "ray",
    "server",
    "torch",
    "tracing",
    "train",
]
"""The extras of the package that its code can ask for."""


def install_command(extra: Extra) -> str:
    """Return the command that installs an extra."""
    return f'pip install "jingpai[{extra}]"'


@contextmanager
def needing(
    extra: Extra, *, what: str, packages: str, only: Collection[str] | None = None
) -> Iterator[None]:
    """Import optional packages within this; where one is missing, the error says how to get it.

    Args:
        extra: What brings the packages.
        what: What needs them, as users call it.
        packages: Their names, as users know them.
        only: The modules whose absence is meant; that of any other is an error of its own. None
            means all.

    Raises:
        MissingExtra: A package cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        if only is not None and (error.name or "").partition(".")[0] not in only:
            raise
        raise missing_extra(extra, what=what, packages=packages, error=error) from error


def missing_extra(extra: Extra, *, what: str, packages: str, error: ImportError) -> MissingExtra:
    """Return the error of a package that is not there; see `needing`."""
    text = say("{what} needs {packages}, and {missing} cannot be imported: {command}")
    return MissingExtra(
        text.format(
            what=what,
            packages=packages,
            missing=error.name or str(error),
            command=install_command(extra),
        )
    )
