"""A line of progress on stderr, for work that takes longer than people like to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from jingpai.cli.terminal.console import notices

Advance: TypeAlias = Callable[[int, int], None]
"""Called with (done, in all), in whatever unit the work has."""

PATIENCE_S = 2.0


@contextmanager
def progress(description: str, *, patience_s: float = PATIENCE_S) -> Iterator[Advance]:
    """Show that something goes on, on a terminal, once it has taken `patience_s` seconds.

    Yields:
        What moves the bar; before its first call there is only a spinner and the time.
    """
    console = notices()
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
    task = bars.add_task(description, total=None)

    def advance(done: int, total: int) -> None:
        bars.update(task, completed=done, total=total)

    if not console.is_terminal:
        yield advance
        return
    timer = threading.Timer(patience_s, bars.start)
    timer.daemon = True
    timer.start()
    try:
        yield advance
    finally:
        timer.cancel()
        timer.join()  # so that a bar that is just being drawn is taken down again
        bars.stop()
