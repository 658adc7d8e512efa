"""An explanation as one HTML file: the look of the playground, without scripts or addresses."""

from __future__ import annotations

import math
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.language.speech import language, say
from jingpai.scores.scoring import share_of_one
from jingpai.types import Span

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.explain.explanation import ExplainedDocument, Explanation
    from jingpai.explain.sentences import Sentence

_SHADES = 10
_MOST_SHOWN = 240
# With the encoder in the package nearly any two texts are at least this close.
_COSINE_LOW = 0.7
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_report(explanation: Explanation, file: Path) -> None:
    """Write an explanation as a page.

    Raises:
        InvalidInput: The file cannot be written.
    """
    try:
        file.write_text(report(explanation), encoding="utf-8", errors="replace")
    except OSError as error:
        message = say("--html: {file} cannot be written ({reason})")
        raise InvalidInput(
            message.format(file=file, reason=error.strerror or str(error))
        ) from error


def report(explanation: Explanation) -> str:
    """Return an explanation as a page; all texts are escaped."""
    folder = resources.files("jingpai.server.playground") / "static"
    styles = "".join((folder / name).read_text("utf-8") for name in ("style.css", "report.css"))
    details = "".join(map(_detail, range(len(explanation.documents)), explanation.documents))
    return f"""<!doctype html>
<html lang="{"zh-CN" if language() == "zh" else "en"}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>jingpai: {escape(explanation.query[:80])}</title><style>{styles}</style></head>
<body><main><p class="quiet">jingpai · {escape(explanation.model)}</p>
<h1 class="lead" dir="auto">{escape(explanation.query)}</h1>
<div class="compare" style="--rows:{len(explanation.documents)}">{_before(explanation)}
{_lines(explanation)}{_after(explanation)}</div>
<h2>{escape(say("The sentences of each document, by their own scores"))}</h2>{details}
</main></body></html>
"""


def _before(explanation: Explanation) -> str:
    names = {"similarity": say("vector similarity"), "bm25": say("shared words (BM25)")}
    high = max([1.0, *(document.first_stage for document in explanation.documents)])
    rows = []
    for document in sorted(explanation.documents, key=lambda document: document.before):
        score = document.first_stage
        if explanation.by == "bm25":
            share = score / high
        else:
            share = (score - _COSINE_LOW) / (1 - _COSINE_LOW)
        rows.append(_row(document, place=document.before, score=score, share=share, moved=""))
    axis = f"BM25, 0 – {high:.1f}" if explanation.by == "bm25" else "cosine, 0.7 – 1"
    return _column(names[explanation.by], axis, rows=rows, kind="column first")


def _after(explanation: Explanation) -> str:
    rows = []
    for place, document in enumerate(explanation.documents):
        score = document.ranked.score
        moved = document.before - place
        arrow = f"▲ {moved}" if moved > 0 else f"▼ {-moved}" if moved < 0 else "="
        kind = "moved up" if moved > 0 else "moved"
        rows.append(
            _row(
                document,
                place=place,
                score=score,
                share=share_of_one(score, scale=explanation.scale),
                moved=f'<span class="{kind}">{arrow}</span>',
            )
        )
    axis = "sigmoid, 0 – 1" if explanation.scale == "sigmoid" else "logit"
    return _column(explanation.model, axis, rows=rows, kind="column")


def _column(title: str, axis: str, *, rows: list[str], kind: str) -> str:
    return (
        f'<section class="{kind}"><header class="column-head"><h3>{escape(title)}</h3>'
        f'<p class="quiet axis">{escape(axis)}</p></header><ol class="rows">{"".join(rows)}</ol>'
        "</section>"
    )


def _row(document: ExplainedDocument, *, place: int, score: float, share: float, moved: str) -> str:
    width = 100 * min(max(share, 0.0), 1.0)
    text = document.ranked.text
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    return (
        f'<li><a class="card" href="#document-{document.ranked.index}">'
        f'<span class="rank">{place + 1}</span><span class="body"><span class="facts">'
        f'<span class="score">{score:.3f}</span><span class="bar">'
        f'<span class="fill" style="inline-size:{width:.1f}%"></span></span>{moved}</span>'
        f'<span class="text" dir="auto">{escape(shown)}</span></span></a></li>'
    )


def _lines(explanation: Explanation) -> str:
    count = len(explanation.documents)
    paths = []
    for after, document in enumerate(explanation.documents):
        before = document.before
        kind = "up" if before > after else "down" if before < after else "same"
        far = math.sqrt(abs(before - after) / max(1, count - 1))
        curve = f"M0 {before + 0.5}C50 {before + 0.5} 50 {after + 0.5} 100 {after + 0.5}"
        paths.append(
            f'<path class="{kind}" d="{curve}" style="--far:{far:.3f}"'
            ' vector-effect="non-scaling-stroke"/>'
        )
    return (
        f'<div class="lines"><svg viewBox="0 0 100 {count}" preserveAspectRatio="none"'
        f' aria-hidden="true">{"".join(paths)}</svg></div>'
    )


def _detail(place: int, document: ExplainedDocument) -> str:
    ranked = document.ranked
    note = ""
    if ranked.passages > 1:
        text = say("best of {passages} passages, characters {start}–{end}")
        start, end = ranked.span
        note = text.format(passages=ranked.passages, start=start, end=end)
    if ranked.truncated:
        note = f"{note} · {say('cut: not all of it was read')}".removeprefix(" · ")
    return (
        f'<article id="document-{ranked.index}"><h3>{place + 1} · {ranked.score:.3f}</h3>'
        f'<p class="quiet">{escape(note)}</p>'
        f'<div class="document" dir="auto">{_shaded(document)}</div></article>'
    )


def _shaded(document: ExplainedDocument) -> str:
    """Return a text with its sentences shaded, the best one underlined."""
    text, at, parts = document.ranked.text, 0, []
    for sentence in document.sentences:
        span = Span(max(at, sentence.span.start), max(at, sentence.span.end))
        parts.append(escape(text[at : span.start]))
        parts.append(
            _mark(text[span.start : span.end], sentence, is_best=sentence is document.best)
        )
        at = span.end
    parts.append(escape(text[at:]))
    return "".join(parts)


def _mark(text: str, sentence: Sentence, *, is_best: bool) -> str:
    shade = round(sentence.score * _SHADES)
    best = " is-best" if is_best else ""
    return f'<mark class="shade-{shade}{best}" title="{sentence.score:.3f}">{escape(text)}</mark>'
