"""Bodies that come packed: unpacked piece by piece, and no further than they may grow."""

from __future__ import annotations

import zlib

from jingpai.server.problems import Problem

UNPACKED = "gzip, deflate"
"""What can be unpacked, as the header accept-encoding says it."""

_GZIP_WINDOW, _RAW_WINDOW = 31, -15
_ZLIB_METHOD = 8


class Unpacker:
    """Turns what arrives into what was meant."""

    def __init__(self, encoding: str) -> None:
        """Begin.

        Args:
            encoding: What the header content-encoding says; empty where there is none.

        Raises:
            Problem: It is none that can be unpacked.
        """
        name = encoding.strip().lower().removeprefix("x-")
        if name not in ("", "identity", "gzip", "deflate"):
            raise Problem(
                "media_type",
                f"the body is packed ({encoding.strip()[:60]}), and only gzip and deflate are"
                " unpacked here. Turn the client's compression off, or send one of these.",
            )
        self._name = name
        self._is_plain = name in ("", "identity")
        self._stream = zlib.decompressobj(_GZIP_WINDOW) if name == "gzip" else None

    def unpack(self, chunk: bytes, *, most: int) -> bytes:
        """Return what is in a chunk: no more than `most` bytes, so many only where it is more.

        Raises:
            Problem: It is not packed as the header says.
        """
        if self._is_plain or not chunk:
            return chunk
        if self._stream is None:
            # Half of the clients leave out the head that the standard wants.
            has_head = chunk[0] & 0x0F == _ZLIB_METHOD
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if has_head else _RAW_WINDOW)
        if self._stream.eof:
            raise self._broken("more follows after its end")
        try:
            unpacked = self._stream.decompress(chunk, most)
        except zlib.error as error:
            raise self._broken(str(error)) from None
        if self._stream.unused_data:
            raise self._broken("more follows after its end")
        return unpacked

    def finish(self, *, arrived: int) -> None:
        """Check that nothing is missing of a body of which so many bytes arrived.

        Raises:
            Problem: Its end is missing.
        """
        if self._is_plain or not arrived or (self._stream is not None and self._stream.eof):
            return
        raise self._broken("its end is missing")

    def _broken(self, reason: str) -> Problem:
        return Problem(
            "invalid",
            f"the header content-encoding says {self._name}, and the body is none ({reason}). Pack"
            " it again, or send it unpacked and without the header.",
        )
