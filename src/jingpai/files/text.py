"""Text in, lines and records out, each with its number: the one reader of all commands."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.files.encodings import check_encoding, lines_of
from jingpai.files.faults import Fault, unusable
from jingpai.files.json_text import is_blank, parse_object
from jingpai.files.opening import Source, display_name, open_bytes, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jingpai.errors import InvalidInput
    from jingpai.files.encodings import Bytes


class Line(NamedTuple):
    """A line, or the first line of a record, and where it stands.

    Attributes:
        file: What messages call the file.
        number: From 1; blank lines count.
        text: With its line end; empty for a record of several lines.
    """

    file: str
    number: int
    text: str = ""

    @property
    def place(self) -> str:
        """File and number."""
        return f"{self.file}:{self.number}"

    def unusable(self, reason: str | Fault) -> InvalidInput:
        """Return the error for this line."""
        return unusable(self.file, reason, line=self.number)


class TextFile:
    """An open file of text, to be read once.

    Attributes:
        name: What messages call it.
        texts: All lines as they are, with their ends.
    """

    def __init__(self, name: str, texts: Iterator[str]) -> None:
        self.name = name
        self.texts = texts

    def lines(self) -> Iterator[Line]:
        """Yield the lines with their numbers, those of white space alone left out."""
        for number, text in enumerate(self.texts, start=1):
            if text.strip():
                yield Line(self.name, number, text)

    def objects(self) -> Iterator[tuple[Line, dict[str, Any]]]:
        """Yield the JSON objects of a file with one on each line.

        Raises:
            InvalidInput: A line is no JSON object.
        """
        for number, text in enumerate(self.texts, start=1):
            if is_blank(text):
                continue
            line = Line(self.name, number, text)
            try:
                yield line, parse_object(text)
            except Fault as fault:
                raise line.unusable(fault) from None


@contextmanager
def open_text(source: Source, *, encoding: str | None = None) -> Iterator[TextFile]:
    """Open a file of text.

    Args:
        source: Of the file; `.gz` is unpacked, and `-` is stdin.
        encoding: Its encoding; None is UTF-8, or UTF-16 where a byte order mark says so.

    Raises:
        InvalidInput: It cannot be read, its encoding is not known or, where it is read, it is
            not text in this encoding.
    """
    check_encoding(encoding)
    with open_bytes(source) as file:
        yield TextFile(display_name(source), _read(file, source, encoding=encoding))


def read_text(source: Source, *, encoding: str | None = None) -> str:
    """Return all the text of a file, or of stdin for `-`.

    Raises:
        InvalidInput: As `open_text` says.
    """
    with open_text(source, encoding=encoding) as file:
        return "".join(file.texts)


def _read(file: Bytes, source: Source, *, encoding: str | None) -> Iterator[str]:
    number = 0
    try:
        with told(source):
            for text in lines_of(file, encoding=encoding):
                number += 1
                yield text
    except Fault as fault:
        raise unusable(display_name(source), fault, line=number + 1) from None
