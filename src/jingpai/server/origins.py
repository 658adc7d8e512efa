"""Which origins of web pages can ever match what a browser sends?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jingpai.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

_EVERY_PAGE, _PAGE_OF_A_FILE = "*", "null"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?")
# Browsers leave them out.
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def check_origins(origins: Iterable[str]) -> None:
    """Check that origins are written as browsers write them, to the letter.

    Raises:
        InvalidInput: One is not, and would never match.
    """
    for origin in origins:
        if origin in (_EVERY_PAGE, _PAGE_OF_A_FILE):
            continue
        port = _DEFAULT_PORTS.get(origin.partition(":")[0])
        if _ORIGIN.fullmatch(origin) is None or (port is not None and origin.endswith(port)):
            raise InvalidInput(
                f"cors_origins: got {origin!r}, which no browser sends; allowed are"
                " scheme://host[:port] in lower case, without a path and without the scheme's own"
                f" port, and * for every page. {_advice(origin)}"
            )


def _advice(origin: str) -> str:
    """Say what was most likely meant."""
    text = origin.strip()
    meant = _written(text if "://" in text else f"https://{text}")
    return f"Write {meant!r}." if meant else "Name each origin by itself: there are no patterns."


def _written(address: str) -> str:
    """Return the origin of an address as browsers write it; nothing where it has none."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:  # of a port that is no number, and of a host that cannot be encoded
        return ""
    if ":" in host:
        host = f"[{host}]"
    written = f"{parts.scheme}://{host}{'' if port == _DEFAULT_PORTS.get(parts.scheme) else port}"
    return written if _ORIGIN.fullmatch(written) else ""
