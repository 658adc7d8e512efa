"""One file over HTTP: resumed where it broke off, by the next attempt or the next program."""

from __future__ import annotations

import time
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import Request, urlopen

from huggingface_hub.utils.tqdm import tqdm

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from pathlib import Path

_BLOCK = 1 << 20
_TIMEOUT = 30.0  # seconds without a byte
_MOST_FRUITLESS_ATTEMPTS = 4  # in a row, without a single new byte
_PAUSE = 0.3  # seconds, times the fruitless attempts so far


class Source(NamedTuple):
    """An address, and the token that goes with it."""

    address: str
    token: str | None = None

    def open(self, *, start: int = 0) -> HTTPResponse:
        """Ask for the content from a byte on.

        Raises:
            OSError: The server cannot be reached or answers with an error.
            ValueError: The address is not one of HTTP.
        """
        if not self.address.startswith(("https://", "http://")):
            raise ValueError(f"{self.address} is not an http address")
        request = Request(self.address, headers={"User-Agent": "jingpai"})  # noqa: S310
        if start:
            request.add_header("Range", f"bytes={start}-")
        if self.token:
            # Not sent on to the storage servers that the hub redirects to. Older parts of
            # ModelScope know the token only as a cookie.
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
            request.add_unredirected_header("Cookie", f"m_session_id={self.token}")
        response: HTTPResponse = urlopen(request, timeout=_TIMEOUT)  # noqa: S310
        return response


def fetch(source: Source, part: Path, *, size: int, progress: bool) -> None:
    """Bring a file of a known size to a path, going on from what is there already.

    Raises:
        OSError: The server cannot be reached, answers with an error, or keeps breaking off. What
            has come so far stays.
    """
    part.touch()
    fruitless = 0
    while (before := part.stat().st_size) < size:
        try:
            _append(source, part, size=size, progress=progress)
        except (HTTPException, ConnectionError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
        else:
            reason = "the server stopped sending"
        came = part.stat().st_size
        fruitless = 0 if came > before else fruitless + 1
        if fruitless == _MOST_FRUITLESS_ATTEMPTS:
            raise ConnectionError(f"the connection broke at {came:,} of {size:,} bytes ({reason})")
        time.sleep(_PAUSE * fruitless)


def _append(source: Source, part: Path, *, size: int, progress: bool) -> None:
    start = part.stat().st_size
    with source.open(start=start) as response:
        # A server that does not know ranges sends the whole file again.
        goes_on = response.status == HTTPStatus.PARTIAL_CONTENT
        bar = tqdm(  # type: ignore[no-untyped-call]
            desc=part.name.partition(".part")[0],
            total=size,
            initial=start if goes_on else 0,
            unit="B",
            unit_scale=True,
            disable=None if progress else True,
        )
        with part.open("ab" if goes_on else "wb") as file, bar:
            while block := response.read(_BLOCK):
                file.write(block)
                bar.update(len(block))
