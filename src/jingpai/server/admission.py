"""Whether a request may wait in the queue, or is refused with a time to retry after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from jingpai.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

_LONGEST_WAIT_S = 60


class QueueObserver(Protocol):
    """Receives the length of the queue, for metrics."""

    def queue(self, *, requests: int, tokens: int) -> None:
        """Take the number of requests in work, and of their tokens."""


class Admission:
    """Counts what is in work, and turns away what would be too much. For one event loop."""

    def __init__(
        self,
        *,
        max_requests: int,
        max_tokens: int,
        max_seconds: float,
        speed: Callable[[], float],
        observer: QueueObserver | None = None,
    ) -> None:
        """Set the limits.

        Args:
            max_requests: Requests that may be in work at once.
            max_tokens: Tokens that may be in work at once; one request may be larger when nothing
                else is.
            max_seconds: Seconds of work that may be waiting, at the speed of late. More could not
                be answered in time, and would be done for nothing.
            speed: Tokens a second of late; 0 where unknown.
            observer: Called with every change.
        """
        self._max_requests = max_requests
        self._max_tokens = max_tokens
        self._max_seconds = max_seconds
        self._speed = speed
        self._observer = observer
        self._requests = 0
        self._tokens = 0

    def admit(self, tokens: int) -> Place:
        """Return a place for a request of about so many tokens, to be used in a `with` block.

        Raises:
            Problem: `overloaded`, with the seconds after which another try may help.
        """
        self._check(tokens, held=0)
        return Place(self, tokens)

    def _check(self, tokens: int, *, held: int) -> None:
        """Refuse tokens that are too many beside those of the others."""
        others = self._tokens - held
        most = self._most_tokens()
        is_crowded = not held and self._requests >= self._max_requests
        if is_crowded or (others and others + tokens > most):
            raise Problem(
                "overloaded",
                f"the queue is full: {self._requests} requests of {self._tokens} tokens are in"
                f" work, this one has about {tokens}, and {self._max_requests} requests of"
                f" {most} tokens are allowed. Try again later, or send less at once.",
                retry_after=self._wait(others),
            )

    def _most_tokens(self) -> int:
        """Tokens that may be in work now."""
        speed = self._speed()
        return min(self._max_tokens, int(speed * self._max_seconds)) if speed else self._max_tokens

    def _wait(self, tokens: int) -> int:
        """Seconds until about half of what is in work is done."""
        speed = self._speed()
        seconds = tokens / 2 / speed if speed else 1.0
        return min(max(math.ceil(seconds), 1), _LONGEST_WAIT_S)

    def _count(self, *, requests: int, tokens: int) -> None:
        self._requests += requests
        self._tokens += tokens
        if self._observer is not None:
            self._observer.queue(requests=self._requests, tokens=self._tokens)


class Place:
    """The place of one request among those in work; free again at the end of its `with` block."""

    def __init__(self, admission: Admission, tokens: int) -> None:
        self._admission = admission
        self._tokens = tokens

    def __enter__(self) -> Self:
        self._admission._count(requests=1, tokens=self._tokens)  # noqa: SLF001 - one file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._admission._count(requests=-1, tokens=-self._tokens)  # noqa: SLF001

    def correct(self, tokens: int) -> None:
        """Replace the guess by the true number of tokens.

        Raises:
            Problem: `overloaded`, where these are too many.
        """
        if tokens > self._tokens:
            self._admission._check(tokens, held=self._tokens)  # noqa: SLF001
        self._admission._count(requests=0, tokens=tokens - self._tokens)  # noqa: SLF001
        self._tokens = tokens
