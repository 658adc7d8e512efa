"""FlagEmbedding's training files: JSON lines with `query`, `pos`, `neg` and a teacher's scores."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from jingpai.evaluation.data.scripts import script_of
from jingpai.evaluation.data.testset import JudgedQuery
from jingpai.files.endings import kind_of
from jingpai.files.text import open_text
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jingpai.files.text import Line


class Labelled(NamedTuple):
    """A query with its documents, and what a teacher says of them by their ids."""

    judged: JudgedQuery
    teacher: Mapping[str, float]


class _Text(NamedTuple):
    """A document of a line, and the line."""

    grade: int
    score: float | None
    number: int


def is_flagembedding(path: Path, *, encoding: str | None) -> bool:
    """Return whether a file is of this kind: its first object has the key `pos`.

    Raises:
        InvalidInput: The file cannot be read.
    """
    if kind_of(path.name) != "jsonl":
        return False
    with open_text(path, encoding=encoding) as file:
        return any("pos" in value for _, value in itertools.islice(file.objects(), 1))


def read_flagembedding(path: Path, *, encoding: str | None) -> list[Labelled]:
    """Return the queries of a file in their order; lines that ask the same are joined.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    texts: dict[str, dict[str, _Text]] = {}
    lines: dict[str, Line] = {}
    with open_text(path, encoding=encoding) as file:
        for line, value in file.objects():
            query = value.get("query")
            if not isinstance(query, str) or not query.strip():
                raise line.unusable(f'"query" must be a string with text in it, not {query!r}')
            _add(texts.setdefault(query, {}), value, line)
            lines.setdefault(query, line._replace(text=""))
    return [
        _labelled(number, query, own, line=lines[query])
        for number, (query, own) in enumerate(texts.items(), start=1)
    ]


def _add(known: dict[str, _Text], value: Mapping[str, Any], line: Line) -> None:
    """Add the documents of a line to those of its query."""
    for key, grade in (("pos", 1), ("neg", 0)):
        for text, score in _documents(value, key, line):
            first = known.setdefault(text, _Text(grade, score, line.number))
            if first.grade != grade:
                raise line.unusable(
                    f"{_short(text)} is in {key!r} here and on the other side in line"
                    f" {first.number}"
                )


def _documents(value: Mapping[str, Any], key: str, line: Line) -> list[tuple[str, float | None]]:
    """Return the texts under a key with their scores; `neg` may be missing, since it is mined."""
    texts = value.get(key, [] if key == "neg" else None)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise line.unusable(f'"{key}" must be a list of strings, not {_short(texts)}')
    if key == "pos" and not texts:
        raise line.unusable('"pos" is empty; a query needs a text that answers it')
    scores = value.get(f"{key}_scores")
    if scores is None:
        return [(text, None) for text in texts]
    if not isinstance(scores, list) or len(scores) != len(texts):
        raise line.unusable(
            f'"{key}_scores" must be a list of {len(texts)} numbers, one for each text of "{key}",'
            f" not {_short(scores)}"
        )
    for score in scores:
        if (
            isinstance(score, bool)
            or not isinstance(score, int | float)
            or not math.isfinite(score)
        ):
            raise line.unusable(f'"{key}_scores" must hold numbers, not {_short(score)}')
    return list(zip(texts, map(float, scores), strict=True))


def _labelled(number: int, query: str, texts: Mapping[str, _Text], *, line: Line) -> Labelled:
    documents = [Document(text, id=f"{number}.{n}") for n, text in enumerate(texts, start=1)]
    known = {str(document.id): texts[document.text] for document in documents}
    judged = JudgedQuery(
        id=str(number),
        text=query,
        language=script_of(query),
        documents=tuple(documents),
        before={name: -float(rank) for rank, name in enumerate(known)},
        judgements={name: text.grade for name, text in known.items()},
        place=line.place,
    )
    teacher = {name: text.score for name, text in known.items() if text.score is not None}
    return Labelled(judged, teacher)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
