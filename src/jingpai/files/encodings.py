"""From bytes to characters: UTF-8, UTF-16 by its mark, or what the user names."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, BinaryIO, Protocol

from jingpai.errors import InvalidInput
from jingpai.files.faults import Fault
from jingpai.language.speech import say

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "\ufeff"
"""The byte order mark, as a character; it may begin a file, and is no part of its text."""

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# These have ASCII in other places than ASCII's.
_SHIFTING = ("iso2022", "hz", "utf-7")

# Of domain names, not of text: they know no errors but strict ones.
_OF_NAMES = ("idna", "punycode")

_CHUNK = 1 << 16


class Bytes(Protocol):
    """An open file whose beginning can be looked at."""

    def peek(self, size: int, /) -> bytes:
        """Return some of what comes next, and stay before it."""

    def read(self, size: int, /) -> bytes:
        """Return what comes next."""

    def __iter__(self) -> Iterator[bytes]: ...


def check_encoding(encoding: str | None) -> None:
    """Check that an encoding is known.

    Raises:
        InvalidInput: It is not.
    """
    try:
        "".encode("utf-8" if encoding is None else encoding)
        is_known = encoding is None or codecs.lookup(encoding).name not in _OF_NAMES
    except (LookupError, ValueError):  # ValueError: of those that encode no text at all
        is_known = False
    if not is_known:
        text = say(
            "--encoding: got {encoding!r}; allowed are utf-8, utf-16, gb18030, big5, shift_jis,"
            " cp1252 and others that Python knows"
        )
        raise InvalidInput(text.format(encoding=encoding))


def encoding_of(beginning: bytes, encoding: str | None) -> str:
    """Return the encoding of a file, which is the user's choice, or what its mark says."""
    has_mark = beginning[:2] in _UTF16_MARKS
    if encoding is None:
        return "utf-16" if has_mark else "utf-8"
    name = codecs.lookup(encoding).name
    return f"{name}-le" if name in ("utf-16", "utf-32") and not has_mark else name


def has_ascii(encoding: str) -> bool:
    """Return whether line ends, quotes and commas are the bytes that they are in ASCII."""
    if codecs.lookup(encoding).name.startswith(_SHIFTING):
        return False
    try:
        return '"\n,\t'.encode(encoding) == b'"\n,\t'
    except UnicodeError:
        return False


def lines_of(file: Bytes, *, encoding: str | None) -> Iterator[str]:
    r"""Yield the lines of a file with their ends; a line ends at `\n` and nowhere else.

    Raises:
        Fault: It is not text in this encoding.
    """
    name = encoding_of(file.peek(2), encoding)
    texts = _decoded(file, name) if has_ascii(name) else _cut(_chunks(file, name))
    first = next(texts, None)
    if first is not None:
        yield first.removeprefix(MARK)
        yield from texts


def as_utf8(file: Bytes, *, encoding: str | None) -> BinaryIO | None:
    """Return a file's content in UTF-8 where its own bytes do not show where lines end, else None.

    Reading it raises a Fault where the file is not text in this encoding.
    """
    name = encoding_of(file.peek(2), encoding)
    return None if has_ascii(name) else io.BufferedReader(_Utf8(_chunks(file, name)), 1 << 20)


def wrong_encoding(
    content: bytes, *, encoding: str, error: UnicodeError, is_all: bool = True
) -> Fault:
    """Return what to say of bytes that are no text in an encoding.

    Args:
        content: Bytes that hold those in question, and as many more as there are at hand.
        encoding: That was tried.
        error: What came of it.
        is_all: Whether they end where a character ends.
    """
    name = codecs.lookup(encoding).name
    values = {"encoding": name.upper(), "advice": _advice(content, failed=name, is_all=is_all)}
    if not isinstance(error, UnicodeDecodeError):
        return Fault("not {encoding} ({reason}). {advice}", {**values, "reason": error})
    byte = error.object[error.start]
    return Fault("not {encoding} (byte 0x{byte:02x}). {advice}", {**values, "byte": byte})


def _advice(content: bytes, *, failed: str, is_all: bool) -> Fault:
    """Say which encoding to try; almost all Chinese text that is not UTF-8 is GB18030."""
    other = Fault("Name the encoding it has, for example --encoding cp1252")
    if failed.startswith(("gb", "utf-16", "utf-32")) or b"\0" in content:
        return other
    try:
        codecs.getincrementaldecoder("gb18030")().decode(content, is_all)
    except UnicodeDecodeError:
        return other
    return Fault("As Chinese text (GB18030, GBK) it can be read: add --encoding gb18030")


def _decoded(file: Bytes, encoding: str) -> Iterator[str]:
    def text(raw: bytes) -> str:
        try:
            return raw.decode(encoding)
        except UnicodeError as error:
            more = file.read(_CHUNK)
            raise wrong_encoding(
                raw + more, encoding=encoding, error=error, is_all=len(more) < _CHUNK
            ) from None

    return map(text, file)


def _cut(texts: Iterator[str]) -> Iterator[str]:
    """Cut a text at its line ends."""
    rest: list[str] = []
    for text in texts:
        first, *others = text.split("\n")
        rest.append(first)
        for other in others:
            yield "".join(rest) + "\n"
            rest = [other]
    if last := "".join(rest):
        yield last


def _chunks(file: Bytes, encoding: str) -> Iterator[str]:
    """Yield the text piece by piece, up to the byte that is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    is_end = False
    while not is_end:
        state, chunk = decoder.getstate(), file.read(_CHUNK)
        is_end = not chunk
        try:
            text = decoder.decode(chunk, is_end)
        except UnicodeError as error:
            decoder.setstate(state)
            yield _sound(decoder, chunk)
            raise wrong_encoding(chunk, encoding=encoding, error=error) from None
        yield text


def _sound(decoder: codecs.IncrementalDecoder, chunk: bytes) -> str:
    """Return what can be read before a byte that cannot."""
    found = []
    try:
        for place in range(len(chunk)):
            found.append(decoder.decode(chunk[place : place + 1]))  # noqa: PERF401 - up to an error
    except UnicodeError:
        pass
    return "".join(found)


class _Utf8(io.RawIOBase):
    """Text as the bytes that it has in UTF-8."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self._left = b""
        self._line = 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            while not self._left:
                text = next(self._texts)
                self._line += text.count("\n")
                # UTF-16 is decoded strictly, so there is no half of a character.
                self._left = text.encode("utf-8")
        except StopIteration:
            return 0
        except Fault as fault:
            fault.line = self._line
            raise
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count
