"""Files in, lines out, each with its number: plain or gzipped, in any encoding."""

from __future__ import annotations

import codecs
import gzip
import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Line(NamedTuple):
    """A line and where it stands.

    Attributes:
        path: Of the file.
        number: From 1.
        text: With its line end.
    """

    path: Path
    number: int
    text: str

    def unusable(self, reason: str) -> InvalidInput:
        """Return the error for this line."""
        return unusable(self.path, reason, line=self.number)


def unusable(path: Path, reason: str, *, line: int | None = None) -> InvalidInput:
    """Return the error for a file, led by where the trouble is."""
    return InvalidInput(f"{path}: {reason}" if line is None else f"{path}:{line}: {reason}")


class TextFile:
    """An open file of text, to be read once.

    Attributes:
        path: Of the file.
        texts: All lines as they are, with their ends.
    """

    def __init__(self, path: Path, texts: Iterator[str]) -> None:
        self.path = path
        self.texts = texts

    def lines(self) -> Iterator[Line]:
        """Yield the lines with their numbers, blank ones left out."""
        for number, text in enumerate(self.texts, start=1):
            if text.strip():
                yield Line(self.path, number, text)

    def objects(self) -> Iterator[tuple[Line, dict[str, Any]]]:
        """Yield the JSON objects of a file with one on each line.

        Raises:
            InvalidInput: A line is no JSON object.
        """
        for line in self.lines():
            try:
                value = json.loads(line.text)
            except (ValueError, RecursionError) as error:
                raise line.unusable(f"not JSON ({error}); one object a line is expected") from None
            if not isinstance(value, dict):
                raise line.unusable(f"a JSON object is expected, not {type(value).__name__}")
            yield line, value


@contextmanager
def open_text(path: Path, *, encoding: str | None = None) -> Iterator[TextFile]:
    """Open a file of text.

    Args:
        path: Of the file; `.gz` is unpacked.
        encoding: Its encoding; None is UTF-8, or UTF-16 where a byte order mark says so.

    Raises:
        InvalidInput: There is no such file, its encoding is not known or, where it is read, it is
            not text in this encoding.
    """
    if encoding is not None:
        try:
            codecs.lookup(encoding)
        except LookupError:
            message = f"encoding: {encoding!r} is not known; utf-8, gb18030, big5, shift_jis are"
            raise InvalidInput(message) from None
    with _open(path) as file:
        yield TextFile(path, _read(file, path=path, encoding=encoding))


def _open(path: Path) -> io.BufferedReader | gzip.GzipFile:
    try:
        return gzip.open(path) if path.suffix == ".gz" else path.open("rb")
    except FileNotFoundError:
        raise unusable(path, "no such file") from None


def _read(
    file: io.BufferedReader | gzip.GzipFile, *, path: Path, encoding: str | None
) -> Iterator[str]:
    number = 0
    try:
        marks = file.peek(2)[:2]
        for text in _decoded(file, encoding or ("utf-16" if marks in _UTF16_MARKS else "utf-8")):
            number += 1
            yield text.removeprefix("\ufeff") if number == 1 else text
    except (gzip.BadGzipFile, EOFError) as error:
        raise unusable(path, f"not a whole gzip file ({error})") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise unusable(
            path,
            f"not {error.encoding} (byte 0x{byte:02x}). Text in {encoding or 'UTF-8'} is expected;"
            " name another encoding with --encoding, for example gb18030 (GBK), utf-16 or cp1252",
            line=number + 1,
        ) from None


def _decoded(file: io.BufferedReader | gzip.GzipFile, encoding: str) -> Iterator[str]:
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32")):
        # Their line ends are more than one byte.
        with io.TextIOWrapper(file, encoding, newline="") as texts:
            yield from texts
        return
    # Line by line, so that the number of one that cannot be read is known.
    for raw in file:
        yield raw.decode(encoding)
