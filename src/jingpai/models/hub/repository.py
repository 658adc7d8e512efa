"""A model's address on a hub, written `org/name`, `modelscope:org/name` or `org/name@revision`."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

Hub: TypeAlias = Literal["huggingface", "modelscope"]
"""Where a repository lives."""

DEFAULT_REVISIONS: dict[Hub, str] = {"huggingface": "main", "modelscope": "master"}

_ADDRESS = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]*[\w]", re.ASCII)


class Repository(NamedTuple):
    """A repository at a revision.

    Attributes:
        name: `org/name`.
        revision: Branch, tag or commit.
        hub: The hub that holds it.
    """

    name: str
    revision: str
    hub: Hub

    @property
    def argument(self) -> str:
        """The repository as it is written behind `jingpai pull`."""
        prefix = "" if self.hub == "huggingface" else f"{self.hub}:"
        suffix = "" if self.revision == DEFAULT_REVISIONS[self.hub] else f"@{self.revision}"
        return f"{prefix}{self.name}{suffix}"

    @property
    def pull_again(self) -> str:
        """The command that fetches all of it once more."""
        return f"jingpai pull {self.argument} --force"


class WrittenName(NamedTuple):
    """A model's name taken apart; what the user left out is None."""

    hub: Hub | None
    name: str
    revision: str | None


def take_apart(text: str) -> WrittenName:
    """Split `hub:name@revision` into its parts; the name itself is not looked at."""
    hub: Hub | None = None
    name = text
    for known in DEFAULT_REVISIONS:
        if text.startswith(f"{known}:"):
            hub, name = known, text[len(known) + 1 :]
    name, _, revision = name.partition("@")
    return WrittenName(hub, name, revision or None)


def is_address(name: str) -> bool:
    """Return whether a name has the form `org/name` that both hubs accept."""
    return bool(_ADDRESS.fullmatch(name)) and "--" not in name and ".." not in name
