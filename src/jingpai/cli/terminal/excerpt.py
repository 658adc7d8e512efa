"""Long texts made to fit a terminal: the stretch worth showing, in lines of a given width."""

from __future__ import annotations

import re
from collections import Counter

from rich.cells import cell_len, chop_cells

ELLIPSIS = "…"

# Scripts without spaces between words (Han, kana, bopomofo) and their punctuation.
_UNSPACED = "\u2e80-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff"
_CLOSING = "、。，．！？：；）］｝〉》」』】〕’”…"
_OPENING = "（［｛〈《「『【〔‘“"

# A line may break behind each of these.
_PIECE = re.compile(
    rf"[{_OPENING}]*[{_UNSPACED}][{_CLOSING}]*|[^\s{_UNSPACED}{_OPENING}]+\s*|\s+|."
)
_TERM = re.compile(rf"[{_UNSPACED}](?=([{_UNSPACED}])|)|[^\W{_UNSPACED}]{{3,}}")


def lay_out(text: str, *, query: str, width: int, most_lines: int) -> list[str]:
    """Return at most so many lines of a text, from where it has most in common with a query.

    Args:
        text: One line of printable text.
        query: What to look for in a text that is too long.
        width: Cells of a line; a Chinese character takes two.
        most_lines: A text that is longer is cut, and an ellipsis shows where.
    """
    lines = break_lines(text, width=width, most=most_lines + 1)
    if len(lines) <= most_lines:
        return lines
    start = _best_start(text, query=query, cells=width * most_lines)
    shown = f"{ELLIPSIS}{text[start:]}" if start else text
    lines = break_lines(shown, width=width, most=most_lines + 1)
    if len(lines) > most_lines:
        lines = lines[:most_lines]
        lines[-1] = _with_ellipsis(lines[-1], width=width)
    return lines


def break_lines(text: str, *, width: int, most: int | None = None) -> list[str]:
    """Return the lines of a text, at least one; what follows the last of `most` is dropped."""
    lines = [""]
    for piece in _PIECE.findall(text):
        parts = [piece] if cell_len(piece.rstrip()) <= width else chop_cells(piece, width)
        for part in parts:
            if cell_len(lines[-1]) + cell_len(part.rstrip()) > width:
                lines[-1] = lines[-1].rstrip()
                if len(lines) == most:
                    return lines
                lines.append("")
            lines[-1] += part
    lines[-1] = lines[-1].rstrip()
    return lines


def _with_ellipsis(line: str, *, width: int) -> str:
    while cell_len(line) + cell_len(ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS


def _best_start(text: str, *, query: str, cells: int) -> int:
    """Return where a window begins that holds most of the query's terms, 0 if none is better."""
    wanted = {term for term, _ in _terms(query)}
    hits = [(position, term) for term, position in _terms(text) if term in wanted]
    window = max(1, cells * len(text) // max(1, cell_len(text)))
    best, best_start = 0, 0
    inside: Counter[str] = Counter()
    first = 0
    for position, term in hits:
        inside[term] += 1
        while hits[first][0] <= position - window:
            inside[hits[first][1]] -= 1
            first += 1
        distinct = sum(count > 0 for count in inside.values())
        # Position 0 keeps its place unless the terms lie outside of the first window.
        if distinct > best:
            best, best_start = distinct, hits[first][0] if position >= window else 0
    return _step_back(text, best_start, most=window // 4)


def _step_back(text: str, start: int, *, most: int) -> int:
    """Return the beginning of the sentence, else of the word, a little before a position."""
    before = text[max(0, start - most) : start]
    ends = [match.end() for match in re.finditer(r"[.!?]\s+|[。！？；]", before)]
    if ends:
        return start - len(before) + ends[-1]
    return start if start >= most else 0


def _terms(text: str) -> list[tuple[str, int]]:
    """Return words of spaced scripts and pairs of characters of the others, with positions."""
    return [(match[0].lower() + (match[1] or ""), match.start()) for match in _TERM.finditer(text)]
