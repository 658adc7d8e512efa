"""What is typed or set for `jingpai serve`, and what it means."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from jingpai.errors import InvalidInput
from jingpai.files.text import read_text
from jingpai.language.speech import say

if TYPE_CHECKING:
    from jingpai.server.settings import Settings

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([kmg]i?)?b?", re.IGNORECASE)


def variable(field: str) -> str:
    """Return the environment variable of a setting."""
    return f"JINGPAI_{field.upper()}"


def setting(
    field: str,
    *flags: str,
    help: str,  # noqa: A002 - as typer calls it, and as the test of the translations reads it
    metavar: str = "",
    least: float | None = None,
    most: float | None = None,
) -> Any:  # noqa: ANN401 - what typer.Option says it returns
    """Return the option of a setting: its flag, or others, and its environment variable."""
    return typer.Option(
        *(flags or (f"--{field.replace('_', '-')}",)),
        envvar=variable(field),
        metavar=metavar,
        help=help,
        min=least,
        max=most,
        show_default=False,
    )


def listed(field: str, given: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return what a flag was given, else what its variable has between commas, else None."""
    values = given or os.environ.get(variable(field), "").split(",")
    return tuple(value.strip() for value in values if value.strip()) or None


def keys_in(file: Path | None) -> tuple[str, ...]:
    """Return the API keys in a file: one a line, and lines that begin with # are remarks.

    Raises:
        InvalidInput: The file cannot be read, or holds no key.
    """
    if file is None:
        return ()
    lines = [line.strip() for line in read_text(str(file)).splitlines()]
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys:
        text = say("--api-key-file: there is no key in {file}; write one a line")
        raise InvalidInput(text.format(file=file))
    return keys


def bytes_of(field: str, text: str | None) -> int | None:
    """Return a size in bytes.

    Raises:
        InvalidInput: It is none.
    """
    if text is None:
        return None
    match = _SIZE.fullmatch(text.strip())
    size = int(float(match[1]) * _UNITS[(match[2] or "").lower()]) if match else 0
    if size < 1:
        message = say("--{flag}: got {text!r}; allowed are sizes such as 16MB, 16MiB or 16000000")
        raise InvalidInput(message.format(flag=field.replace("_", "-"), text=text))
    return size


def is_loopback(host: str) -> bool:
    """Tell whether only this computer reaches an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_reach(settings: Settings, *, no_auth: bool) -> None:
    """Make sure that no one opens a server to the network without meaning to.

    Raises:
        InvalidInput: Other computers reach it, and it asks them for no key.
    """
    if is_loopback(settings.host) or settings.api_keys or no_auth:
        return
    text = say(
        "--host {host}: other computers reach this address, and no API key is set. Set one:\n"
        "  {with_key}\n"
        "or, if everyone who reaches it may use it:\n"
        "  {without_key}"
    )
    command = f"jingpai serve --host {settings.host}"
    raise InvalidInput(
        text.format(
            host=settings.host,
            with_key=f'JINGPAI_API_KEYS="$(openssl rand -hex 32)" {command}',
            without_key=f"{command} --no-auth",
        )
    )
