"""From a file or stdin to text, whatever stands in the way."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from jingpai.errors import InvalidInput
from jingpai.language.speech import say

STDIN = "-"

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def unusable(place: str, reason: str) -> InvalidInput:
    """Return the error for an input, led by where the trouble is."""
    return InvalidInput(f"{place}: {reason}")


def display_name(source: str) -> str:
    """Return how messages call a source."""
    return "stdin" if source == STDIN else source


def read_text(source: str, *, encoding: str | None = None) -> str:
    """Return the text of a file, or of stdin for `-`.

    Args:
        source: Name of a file.
        encoding: Its encoding; None is UTF-8, or UTF-16 where a byte order mark says so.

    Raises:
        InvalidInput: There is no such file, or it is not text in this encoding.
    """
    return _decode(_read_bytes(source), source=source, encoding=encoding)


def _read_bytes(source: str) -> bytes:
    if source == STDIN:
        return b"" if sys.stdin is None else sys.stdin.buffer.read()
    path = Path(source)
    if path.is_dir():
        example = path / "*.txt"
        text = say("this is a folder; name the files in it, for example {example}")
        raise unusable(source, text.format(example=example))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise unusable(source, say("no such file")) from None
    # ValueError: a NUL character in the name.
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise unusable(source, say("cannot be read ({reason})").format(reason=reason)) from error


def _decode(content: bytes, *, source: str, encoding: str | None) -> str:
    if encoding is None:
        encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except LookupError:
        text = say("{encoding} is not known; utf-8, gb18030, big5, shift_jis, cp1252 are")
        raise unusable("--encoding", text.format(encoding=encoding)) from None
    except UnicodeDecodeError as error:
        text = say("not {encoding} (byte 0x{byte:02x} at offset {offset}). {advice}").format(
            encoding=error.encoding.upper(),
            byte=content[error.start],
            offset=error.start,
            advice=_advice(content, failed=encoding),
        )
        raise unusable(display_name(source), text) from None


def _advice(content: bytes, *, failed: str) -> str:
    """Say which encoding to try; almost all Chinese text that is not UTF-8 is GB18030."""
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return say("Name the encoding it has, for example --encoding cp1252")
    if failed.lower() in ("gb18030", "gbk", "gb2312") or b"\0" in content:
        return say("Name the encoding it has, for example --encoding cp1252")
    return say("As Chinese text (GB18030, GBK) it can be read: add --encoding gb18030")
