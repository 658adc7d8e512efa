"""The frame that all tables have: a line under the head, two cells between columns."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

GAP_CELLS = 2
"""Cells between two columns, and behind the last one."""


def new_table() -> Table:
    """Return a table without columns."""
    return Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold"
    )
