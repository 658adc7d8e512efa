"""What a check says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

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
