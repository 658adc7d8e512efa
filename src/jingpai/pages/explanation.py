"""An explanation as a page: two orders side by side, and each document with its sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jingpai.language.speech import say
from jingpai.pages.rendering import render
from jingpai.pages.wording import first_stage_name, moved_text, reading_note
from jingpai.scores.scoring import share_of_one

if TYPE_CHECKING:
    from jingpai.explain.explanation import ExplainedDocument, Explanation
    from jingpai.explain.sentences import Sentence

_SHADES = 10
_MOST_SHOWN = 240
# With the encoder in the package nearly any two texts are at least this close.
_COSINE_LOW = 0.7


@dataclass(frozen=True, slots=True)
class _Moved:
    """How far a document moved: up, down or not."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A document in a column; `width` is how much of its bar is filled, in percent."""

    index: int
    place: int
    score: str
    width: str
    text: str
    moved: _Moved | None


@dataclass(frozen=True, slots=True)
class _Column:
    """An order of the documents; `axis` says what its bars mean."""

    title: str
    axis: str
    rows: list[_Row]


@dataclass(frozen=True, slots=True)
class _Line:
    """From a document's place before to its place after; `far` is from 0 to 1."""

    kind: str
    path: str
    far: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a text: a sentence with its shade, or what is between two of them."""

    text: str
    sentence: Sentence | None = None
    shade: int = 0
    is_best: bool = False


@dataclass(frozen=True, slots=True)
class _Detail:
    """A document as a whole."""

    index: int
    place: int
    score: str
    note: str
    stretches: list[_Stretch]


def explanation_page(explanation: Explanation) -> str:
    """Return the page, in the user's language."""
    return render(
        "explanation.html",
        {
            "query": explanation.query,
            "model": explanation.model,
            "before": _before(explanation),
            "after": _after(explanation),
            "lines": list(_lines(explanation)),
            "details": [
                _detail(document, place=place)
                for place, document in enumerate(explanation.documents, start=1)
            ],
        },
    )


def _before(explanation: Explanation) -> _Column:
    high = max([1.0, *(document.first_stage for document in explanation.documents)])
    rows = []
    for document in sorted(explanation.documents, key=lambda document: document.before):
        score = document.first_stage
        if explanation.by == "bm25":
            share = score / high
        else:
            share = (score - _COSINE_LOW) / (1 - _COSINE_LOW)
        rows.append(_row(document, place=document.before, score=score, share=share))
    axis = f"BM25, 0 – {high:.1f}" if explanation.by == "bm25" else say("cosine, 0.7 – 1")
    return _Column(first_stage_name(explanation.by), axis, rows)


def _after(explanation: Explanation) -> _Column:
    rows = []
    for place, document in enumerate(explanation.documents):
        score = document.ranked.score
        share = share_of_one(score, scale=explanation.scale)
        text = moved_text(document.before, place)
        moved = _Moved(text, _direction(document.before, place))
        rows.append(_row(document, place=place, score=score, share=share, moved=moved))
    axis = "sigmoid, 0 – 1" if explanation.scale == "sigmoid" else "logit"
    return _Column(explanation.model, axis, rows)


def _row(
    document: ExplainedDocument,
    *,
    place: int,
    score: float,
    share: float,
    moved: _Moved | None = None,
) -> _Row:
    width = 100 * min(max(share, 0.0), 1.0)
    text = document.ranked.text
    shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
    return _Row(
        document.ranked.index, place + 1, f"{score:.3f}", f"{width:.1f}", text=shown, moved=moved
    )


def _lines(explanation: Explanation) -> Iterator[_Line]:
    most = max(1, len(explanation.documents) - 1)
    for after, document in enumerate(explanation.documents):
        start, end = document.before + 0.5, after + 0.5
        far = math.sqrt(abs(document.before - after) / most)
        path = f"M0 {start}C50 {start} 50 {end} 100 {end}"
        yield _Line(_direction(document.before, after), path, f"{far:.3f}")


def _direction(before: int, after: int) -> str:
    return "up" if before > after else "down" if before < after else "same"


def _detail(document: ExplainedDocument, *, place: int) -> _Detail:
    ranked = document.ranked
    return _Detail(
        ranked.index,
        place,
        f"{ranked.score:.3f}",
        note=reading_note(ranked),
        stretches=list(_stretches(document)),
    )


def _stretches(document: ExplainedDocument) -> Iterator[_Stretch]:
    """Yield a text in parts that make up the whole: sentences, and what is between them."""
    text, at = document.ranked.text, 0
    for sentence in document.sentences:
        start, end = max(at, sentence.span.start), max(at, sentence.span.end)
        yield _Stretch(text[at:start])
        shade = round(sentence.score * _SHADES)
        yield _Stretch(text[start:end], sentence, shade, is_best=sentence is document.best)
        at = end
    yield _Stretch(text[at:])
