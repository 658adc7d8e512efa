"""A ranking as people read it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from jingpai.cli.terminal.bars import SCORE_CELLS, score_text
from jingpai.cli.terminal.console import printable
from jingpai.cli.terminal.excerpt import lay_out
from jingpai.cli.terminal.tables import GAP_CELLS, new_table
from jingpai.files.opening import display_name
from jingpai.language.speech import say
from jingpai.pages.wording import reading_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from jingpai.cli.documents import InputDocument
    from jingpai.types import RankedDocument, Ranking

_PLACE_CELLS, _INDEX_CELLS = 4, 5
_OTHER_CELLS = _PLACE_CELLS + SCORE_CELLS + _INDEX_CELLS + 4 * GAP_CELLS
_LEAST_TEXT_CELLS = 24
_MOST_LINES = 2


def rank_table(ranking: Ranking, inputs: Sequence[InputDocument], *, console_width: int) -> Table:
    """Return a ranking as a table.

    Args:
        ranking: What to show.
        inputs: The documents in the order in which they were handed in.
        console_width: Cells of a line of the terminal.
    """
    width = max(_LEAST_TEXT_CELLS, console_width - _OTHER_CELLS)
    has_many_sources = len({document.source for document in inputs}) > 1
    table = new_table()
    table.add_column("#", justify="right", min_width=2)
    table.add_column(say("score"), no_wrap=True)
    table.add_column(say("document"), width=width)
    table.add_column(say("index"), justify="right")
    for place, ranked in enumerate(ranking, start=1):
        given = inputs[ranked.index]
        table.add_row(
            str(place),
            score_text(ranked.score, scale=ranking.scale),
            _cell(ranked, given, query=ranking.query, width=width, names_source=has_many_sources),
            str(ranked.index),
        )
    return table


def _cell(
    ranked: RankedDocument, given: InputDocument, *, query: str, width: int, names_source: bool
) -> Text:
    passage = printable(ranked.passage)
    lines = [
        Text(line) for line in lay_out(passage, query=query, width=width, most_lines=_MOST_LINES)
    ]
    if given.title:
        title = lay_out(printable(given.title), query=query, width=width, most_lines=1)
        lines.insert(0, Text(title[0], style="bold"))
    note = _note(ranked, given, names_source=names_source)
    if note:
        short = lay_out(note, query="", width=width, most_lines=_MOST_LINES)
        lines.extend(Text(line, style="dim") for line in short)
    return Text("\n").join(lines)


def _note(ranked: RankedDocument, given: InputDocument, *, names_source: bool) -> str:
    """Return what else there is to know of a document, most often nothing."""
    parts = []
    if given.id is not None:
        parts.append(printable(f"id {given.id}"))
    if names_source:
        line = "" if given.line is None else f":{given.line}"
        parts.append(printable(f"{display_name(given.source)}{line}"))
    parts.append(reading_note(ranked))
    return " · ".join(filter(None, parts))
