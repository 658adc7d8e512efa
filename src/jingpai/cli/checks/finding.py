"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Fact: TypeAlias = str | list[str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong, and how to mend it."""

    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Facts by their English labels, and the problems seen in them."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
