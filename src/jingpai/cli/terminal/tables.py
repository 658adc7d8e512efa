"""The frame that all tables have, and what becomes of one that a terminal is too narrow for.

Columns that are set to the right or must not wrap hold numbers and the like: they are never cut.
Where they do not fit side by side, the cells of a row stand below each other.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from jingpai.cli.terminal.excerpt import lay_out

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Column

GAP_CELLS = 2
"""Cells between two columns, and behind the last one."""

LEAST_TEXT_CELLS = 24
"""A column of texts that is narrower is no longer read with ease."""

# The name of a model may stand above its numbers, a folder for example: it is broken into lines.
_LEAST_HEADING_CELLS = 12

_UNLIMITED = 1 << 16


def new_table() -> Table:
    """Return a table without columns."""
    return _Fitted(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold"
    )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text of which the stretch worth showing is shown.

    Attributes:
        text: One line of printable text.
        query: What to look for in it.
        most_lines: As many as it may take.
        style: How it looks.
    """

    text: str
    query: str = ""
    most_lines: int = 2
    style: str = ""


class Excerpts:
    """A cell of texts below each other, laid out for the width that the column gets."""

    def __init__(self, *excerpts: Excerpt) -> None:
        self._excerpts = excerpts

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return that it takes what it can get."""
        return Measurement(min(LEAST_TEXT_CELLS, options.max_width), options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        for excerpt in self._excerpts:
            for line in lay_out(
                excerpt.text,
                query=excerpt.query,
                width=options.max_width,
                most_lines=excerpt.most_lines,
            ):
                yield Text(line, style=excerpt.style)


class _Fitted(Table):
    """A table that cuts no number."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, or its cells below each other."""
        cells = options.max_width - GAP_CELLS * (len(self.columns) - 1)
        least = [_least_width(column, console, options) for column in self.columns]
        if sum(least) > cells:
            yield from self._stacked(console, options)
            return
        fitted = copy.copy(self)
        if sum(_wanted_width(column, console, options) for column in self.columns) > cells:
            # Only columns of texts give way.
            fitted.columns = [
                replace(column, width=width, overflow="fold") if _is_whole(column) else column
                for column, width in zip(self.columns, least, strict=True)
            ]
        yield from Table.__rich_console__(fitted, console, options)

    def _stacked(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a line for each cell, with the heading of its column before it."""
        labels = [Text(str(column.header), style="dim") for column in self.columns]
        indent = max(label.cell_len for label in labels) + GAP_CELLS
        for number, cells in enumerate(
            zip(*(column.cells for column in self.columns), strict=True)
        ):
            if number:
                yield Text()
            for label, cell in zip(labels, cells, strict=True):
                shown = _text(cell) if isinstance(cell, str) else cell
                if indent + _most_cells(shown, console, options) <= options.max_width:
                    line = Table.grid(padding=(0, GAP_CELLS, 0, 0))
                    line.add_column(width=indent - GAP_CELLS)
                    line.add_row(label, shown)
                    yield line
                else:
                    if label.plain:
                        yield label
                    yield _folded(shown)


def _is_whole(column: Column) -> bool:
    return column.no_wrap or column.justify != "left"


def _least_width(column: Column, console: Console, options: ConsoleOptions) -> int:
    """Return the cells without which a column loses something."""
    if _is_whole(column):
        # A measure never says more than there is room for.
        options = options.update(max_width=_UNLIMITED)
    heading = Measurement.get(console, options, _text(column.header))
    cells = [Measurement.get(console, options, cell) for cell in column.cells]
    if not _is_whole(column):
        words = max((cell.minimum for cell in cells), default=0)
        return max(min(words, LEAST_TEXT_CELLS), min(heading.minimum, _LEAST_HEADING_CELLS))
    widest = max((cell.maximum for cell in cells), default=0)
    words = heading.maximum if column.no_wrap else min(heading.minimum, _LEAST_HEADING_CELLS)
    return max(widest, words, column.min_width or 0)


def _wanted_width(column: Column, console: Console, options: ConsoleOptions) -> int:
    """Return the cells with which nothing of a column would wrap."""
    shown = (_text(column.header), *column.cells)
    widest = max(Measurement.get(console, options, cell).maximum for cell in shown)
    if column.max_width is not None:
        widest = min(widest, column.max_width)
    return max(widest, column.min_width or 0)


def _most_cells(shown: RenderableType, console: Console, options: ConsoleOptions) -> int:
    return Measurement.get(console, options, shown).maximum


def _text(shown: RenderableType) -> Text:
    return shown if isinstance(shown, Text) else Text(str(shown))


def _folded(shown: RenderableType) -> RenderableType:
    """Return a cell that is wider than the terminal with all its characters."""
    if isinstance(shown, Text):
        shown = shown.copy()
        shown.overflow, shown.no_wrap = "fold", False
    return shown
