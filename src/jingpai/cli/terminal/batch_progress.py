"""How far a job of hours is: a line that moves on a terminal, and one a minute in a log."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from jingpai.cli.terminal.console import notices
from jingpai.language.speech import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

EVERY_S = 60.0


class JobProgress(ABC):
    """Shows how far a job is, first in bytes of the input, then in rows."""

    def __init__(self) -> None:
        self._start = 0.0
        self._before: int | None = None

    def planning(self, done: int, total: int) -> None:
        """Tell how many bytes of the input have been looked at."""
        self._show(say("looking at the input"), "", done, total)

    def scoring(self, done: int, total: int) -> None:
        """Tell how many rows are done; the first call, how many earlier runs have done."""
        if self._before is None:
            self._before, self._start = done, time.monotonic()
        words = say("{done:,} of {total:,} rows").format(done=done, total=total)
        if fresh := done - self._before:
            rate = fresh / max(time.monotonic() - self._start, 1e-3)
            left = timedelta(seconds=round((total - done) / rate))
            words += say(", {rate:.1f} rows/s, {left} left").format(rate=rate, left=left)
        self._show(say("scoring"), words, done, total)

    @abstractmethod
    def _show(self, step: str, words: str, done: int, total: int) -> None: ...


class _Bar(JobProgress):
    def __init__(self, bars: Progress) -> None:
        super().__init__()
        self._bars = bars
        self._task = bars.add_task("", total=None, words="")

    def _show(self, step: str, words: str, done: int, total: int) -> None:
        self._bars.start()
        self._bars.update(self._task, description=step, completed=done, total=total, words=words)


class _Log(JobProgress):
    """Writes a line now and then, where nobody watches it move."""

    def __init__(self, console: Console, *, every_s: float) -> None:
        super().__init__()
        self._console = console
        self._every_s = every_s
        self._last = time.monotonic()

    def _show(self, step: str, words: str, done: int, total: int) -> None:
        if words and time.monotonic() - self._last >= self._every_s:
            self._console.print(f"{step}: {words}", soft_wrap=True)
            self._last = time.monotonic()


@contextmanager
def job_progress(*, every_s: float = EVERY_S) -> Iterator[JobProgress]:
    """Show how many rows are done, at what rate, and how long the others will take.

    Args:
        every_s: Where there is no terminal, a line is written so often.

    Yields:
        What shows how far the job is.
    """
    console = notices()
    if not console.is_terminal:
        yield _Log(console, every_s=every_s)
        return
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[words]}"),
        console=console,
        transient=True,
    )
    try:
        yield _Bar(bars)
    finally:
        bars.stop()
