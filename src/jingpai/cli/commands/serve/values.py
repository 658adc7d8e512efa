"""Keys and addresses of `jingpai serve`: what is typed, and who can reach the server then."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.files.text import read_text
from jingpai.language.speech import say

if TYPE_CHECKING:
    from jingpai.server.settings import Settings


def keys_in(file: Path | None) -> tuple[str, ...]:
    """Return the API keys in a file: one a line, and lines that begin with # are remarks.

    Raises:
        InvalidInput: The file cannot be read, or holds no key.
    """
    if file is None:
        return ()
    lines = [line.strip() for line in read_text(file).splitlines()]
    keys = tuple(line for line in lines if line and not line.startswith("#"))
    if not keys:
        text = say("--api-key-file: there is no key in {file}; write one a line")
        raise InvalidInput(text.format(file=file))
    return keys


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
