"""What a value must be: the checks that many settings share, and what is said when one fails."""

from __future__ import annotations

import math
import os
import re
from numbers import Integral, Rational, Real
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LARGEST = 2**63 - 1
"""The largest whole number that databases and programs in C can hold."""

# Of a value in an error: more is read by nobody, and a value may be a list of all documents.
_MOST_CHARACTERS = 80

# More binary digits than any number has that somebody wrote.
_LONG_NUMBER = 256

# Longer than any system opens.
_LONGEST_PATH = 1 << 15

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def shown(value: object) -> str:
    """Return a value as an error shows it: as Python writes it, but never more than its beginning.

    Python itself refuses to write whole numbers of thousands of digits, and lists within lists of
    as many levels.
    """
    if isinstance(value, int) and value.bit_length() > _LONG_NUMBER:
        return f"a whole number of {math.ceil(value.bit_length() * math.log10(2))} digits"
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"a value of type {type(value).__qualname__}"
    if "\n" in text:  # a table; the line ends of strings are escaped
        text = " ".join(text.split())
    text = _ADDRESS.sub("", text)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 4]} ..."


def is_nan(value: object) -> bool:
    """Return whether a value is the number that is none; a whole number is one, however long."""
    return isinstance(value, Real) and not isinstance(value, Rational) and math.isnan(value)


def is_whole(value: object, *, least: int | None = None, most: int | None = None) -> bool:
    """Return whether a value is a whole number, of Python or of numpy; a boolean is none.

    Args:
        value: Anything.
        least: The smallest that counts.
        most: The largest.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        return False
    return (least is None or int(value) >= least) and (most is None or int(value) <= most)


def check_whole(
    name: str,
    value: object,
    *,
    least: int = 1,
    most: int | None = None,
    optional: bool = False,
) -> None:
    """Check that a value is a whole number.

    Args:
        name: What the value is called, for the error.
        value: What was given.
        least: The smallest allowed.
        most: The largest allowed.
        optional: Whether None is allowed.

    Raises:
        InvalidInput: It is something else.
    """
    if is_whole(value, least=least, most=most) or (optional and value is None):
        return
    allowed = f"{'None and ' if optional else ''}{_whole_numbers(least, most)}"
    raise InvalidInput(f"{name}: got {shown(value)}; allowed are {allowed}.")


def check_all_whole(
    name: str, values: Sequence[object], *, least: int = 1, most: int | None = None
) -> None:
    """Check that values are whole numbers, and that there is one.

    Raises:
        InvalidInput: One is something else, or there is none.
    """
    if not values or not all(is_whole(value, least=least, most=most) for value in values):
        given = shown(list(values))
        raise InvalidInput(f"{name}: got {given}; allowed are {_whole_numbers(least, most)}.")


def check_choice(
    name: str, value: object, choices: Iterable[str], *, optional: bool = False
) -> None:
    """Check that a value is one of a few names.

    Args:
        name: What the value is called, for the error.
        value: What was given.
        choices: The names.
        optional: Whether None is allowed.

    Raises:
        InvalidInput: It is something else.
    """
    names = list(choices)
    if (isinstance(value, str) and value in names) or (optional and value is None):
        return
    allowed = ["None"] if optional else []
    allowed += [repr(choice) for choice in names]
    raise InvalidInput(f"{name}: got {shown(value)}; allowed are {_joined(allowed)}.")


def check_path(name: str, value: object) -> None:
    """Check that a value can be a path; whether something is there is another question.

    Raises:
        InvalidInput: It is no string and no `pathlib.Path`, or no file can be called so.
    """
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(path, str) and path and len(path) <= _LONGEST_PATH and "\0" not in path:
        try:
            os.fsencode(path)
        except UnicodeEncodeError:  # half of a character
            pass
        else:
            return
    raise InvalidInput(f"{name}: got {shown(value)}; allowed are paths, as str or pathlib.Path.")


def _whole_numbers(least: int, most: int | None) -> str:
    return f"whole numbers from {least}{'' if most is None else f' to {most}'}"


def _joined(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
