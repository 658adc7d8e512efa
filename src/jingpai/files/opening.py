"""From a name to bytes: a file, a packed file or stdin, or what is the matter with it."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from jingpai.files.endings import is_packed
from jingpai.files.faults import Fault, unusable
from jingpai.language.speech import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jingpai.errors import InvalidInput
    from jingpai.files.encodings import Bytes

Source: TypeAlias = str | Path
"""A file, or stdin where it is the string `-`."""

STDIN = "-"

_GZIP = b"\x1f\x8b"


def display_name(source: Source) -> str:
    """Return how messages call a source."""
    return "stdin" if source == STDIN else str(source)


@contextmanager
def open_bytes(source: Source) -> Iterator[Bytes]:
    """Open a file, unpacked where its name ends in `.gz`.

    Raises:
        InvalidInput: It cannot be read, or its name does not say what it is.
    """
    if source == STDIN:
        content = b"" if sys.stdin is None else sys.stdin.buffer.read()
        if content.startswith(_GZIP):
            raise unusable(
                "stdin", say("this is gzip; unpack it first: gzip -dc FILE | jingpai ...")
            )
        yield io.BufferedReader(io.BytesIO(content))  # type: ignore[arg-type, unused-ignore]
        return
    with _opened(Path(source)) as file:
        with told(source):
            fault = wrongly_named(file.peek(2), name=str(source))
        if fault:
            raise unusable(source, fault)
        if not is_packed(str(source)):
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked


def wrongly_named(beginning: bytes, *, name: str) -> Fault | None:
    """Return what to say of a file that is gzip without being called so, or the reverse."""
    is_gzip = beginning[:2] == _GZIP
    if is_gzip and not is_packed(name):
        return Fault("this is gzip, but its name does not end in .gz; add it to the name")
    if beginning and not is_gzip and is_packed(name):
        return Fault("the name ends in .gz, but this is no gzip; take it off the name")
    return None


@contextmanager
def told(source: Source) -> Iterator[None]:
    """Translate what the system and gzip say of a file that is read.

    Raises:
        InvalidInput: Instead of their errors.
    """
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise unusable(source, broken_gzip(error)) from None
    except FileNotFoundError:
        raise unusable(source, say("no such file")) from None
    except OSError as error:
        raise _unreadable(source, error.strerror or error) from error


def broken_gzip(error: Exception) -> Fault:
    """Return what to say of a packed file that cannot be unpacked."""
    return Fault("not a whole gzip file ({reason}); pack or fetch it again", {"reason": error})


def _opened(path: Path) -> io.BufferedReader:
    with told(path):
        if path.is_dir():
            text = say("this is a folder; name the files in it, for example {example}")
            raise unusable(path, text.format(example=path / "*.txt"))
        if "\0" in str(path):
            raise _unreadable(path, say("its name holds a NUL character"))
        return path.open("rb")


def _unreadable(source: Source, reason: object) -> InvalidInput:
    return unusable(source, say("cannot be read ({reason})").format(reason=reason))
