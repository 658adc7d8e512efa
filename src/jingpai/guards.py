"""What a value must be: the checks that many settings share, and what is said when one fails."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LARGEST = 2**63 - 1
"""The largest whole number that databases and programs in C can hold."""


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
    raise InvalidInput(f"{name}: got {value!r}; allowed are {allowed}.")


def check_all_whole(
    name: str, values: Sequence[object], *, least: int = 1, most: int | None = None
) -> None:
    """Check that values are whole numbers, and that there is one.

    Raises:
        InvalidInput: One is something else, or there is none.
    """
    if not values or not all(is_whole(value, least=least, most=most) for value in values):
        given = list(values)
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
    shown = ["None"] if optional else []
    shown += [repr(choice) for choice in names]
    raise InvalidInput(f"{name}: got {value!r}; allowed are {_joined(shown)}.")


def _whole_numbers(least: int, most: int | None) -> str:
    return f"whole numbers from {least}{'' if most is None else f' to {most}'}"


def _joined(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
