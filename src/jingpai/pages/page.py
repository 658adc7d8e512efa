"""The frame of a report as one HTML file that needs nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem } h3 { font-size: 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: .2rem .8rem .2rem 0; text-align: right; border-bottom: 1px solid #ddd;
  vertical-align: top; font-variant-numeric: tabular-nums }
th:first-child, td:first-child, td.text { text-align: left }
blockquote { margin: .3rem 0; padding: .3rem .8rem; border-left: 4px solid #bbb;
  white-space: pre-wrap; overflow-wrap: anywhere }
blockquote.relevant { border-color: #2a8 } blockquote.wrong { border-color: #c44 }
.note { color: #666 } svg { max-width: 100%; height: auto }
"""


def page(title: str, parts: Sequence[str], *, language: str) -> str:
    """Return a whole page of parts that are HTML already."""
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def heading(text: str, *, level: int = 2) -> str:
    """Return a heading."""
    return f"<h{level}>{escape(text)}</h{level}>"


def note(text: str) -> str:
    """Return a paragraph in small voice."""
    return f'<p class="note">{escape(text)}</p>'


def quote(text: str, *, label: str, kind: str = "") -> str:
    """Return a text of the data, with a label in front."""
    return (
        f'<div>{escape(label)}<blockquote class="{escape(kind)}">{escape(text)}</blockquote></div>'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the first column is text, the others are numbers."""
    lines = ["".join(f"<th>{escape(cell)}</th>" for cell in head)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def folded(summary: str, content: str) -> str:
    """Return content that is shown when the reader asks for it."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"
