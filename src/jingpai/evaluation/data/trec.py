"""Judgements and runs, as TREC and BEIR write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.grades import is_number, not_whole, read_grade
from jingpai.files.endings import ending_of
from jingpai.files.faults import unusable
from jingpai.files.text import Line, open_text

if TYPE_CHECKING:
    from pathlib import Path


class Judgement(NamedTuple):
    """How well a document answers a query, and the line that says so."""

    grade: int
    line: Line


class Found(NamedTuple):
    """The score of a document in a run, and its line."""

    score: float
    line: Line


_Entry = TypeVar("_Entry", Judgement, Found)


def find_judgements(folder: Path, split: str | None) -> Path:
    """Return the file of judgements of a BEIR folder.

    Args:
        folder: With `qrels/<split>.tsv`, or `qrels.tsv`.
        split: Which of them; None where there is one only, else `test`.

    Raises:
        InvalidInput: It is not there.
    """
    single = [path for path in _tables(folder) if _stem(path).lower() == "qrels"]
    if split is None and single:
        return single[0]
    there = _tables(folder / "qrels")
    names = [_stem(path) for path in there]
    if split is None and len(there) == 1:
        return there[0]
    if (split or "test") in names:
        return there[names.index(split or "test")]
    if not names:
        raise InvalidInput(
            f"{folder}: no judgements in there; qrels/test.tsv or qrels.tsv is expected, or name"
            " another file with --qrels"
        )
    raise InvalidInput(
        f"{folder}: no qrels/{split or 'test'}.tsv in there; --split can be {', '.join(names)}"
    )


def read_judgements(path: Path, *, encoding: str | None = None) -> dict[str, dict[str, Judgement]]:
    """Return the judgements by query and document.

    A line is `query document grade` with tabs between (BEIR; its first line holds the names), or
    `query iteration document grade` (TREC).

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    found: dict[str, dict[str, Judgement]] = {}
    is_first = True
    with open_text(path, encoding=encoding) as file:
        for line in file.lines():
            fields = line.text.split("\t") if line.text.count("\t") == 2 else line.text.split()
            fields = [field.strip() for field in fields]
            line = line._replace(text="")  # noqa: PLW2901 - millions of them are kept
            if len(fields) not in (3, 4):
                raise line.unusable(
                    f"{len(fields)} fields; expected are 3, as BEIR has it (query-id, corpus-id,"
                    " score), or 4, as TREC has it (query, iteration, document, grade)"
                )
            query, document, written = fields[0], fields[-2], fields[-1]
            grade = read_grade(written)
            if grade is None:
                if is_first and len(fields) == 3 and not is_number(written):
                    is_first = False
                    continue  # the names of the columns
                raise line.unusable(not_whole("the grade", written))
            is_first = False
            _add(found, query, document, one=Judgement(grade, line))
    if not found:
        raise unusable(path, "no judgements in there; a query, a document and a grade are expected")
    return found


def read_run(path: Path, *, encoding: str | None = None) -> dict[str, dict[str, Found]]:
    """Return the scores of a run by query and document.

    A line is `query Q0 document rank score tag`. The order is decided on the scores, as trec_eval
    does it; ranks are not read.

    Raises:
        InvalidInput: The file cannot be used; the message names the line.
    """
    found: dict[str, dict[str, Found]] = {}
    with open_text(path, encoding=encoding) as file:
        for line in file.lines():
            fields = line.text.split()
            if len(fields) != 6:
                raise line.unusable(
                    f"{len(fields)} fields; a line of a run has 6: query Q0 document rank score tag"
                )
            try:
                score = float(fields[4])
            except ValueError:
                score = math.nan
            if not math.isfinite(score):
                raise line.unusable(f"the score, field 5, must be a number, not {fields[4]!r}")
            _add(found, fields[0], fields[2], one=Found(score, line))
    if not found:
        raise unusable(path, "no lines in there; query Q0 document rank score tag is expected")
    return found


def _tables(folder: Path) -> list[Path]:
    """Return the files of judgements in a folder, in order of their names."""
    return [
        path
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if ending_of(path.name) == ".tsv" and path.is_file()
    ]


def _stem(path: Path) -> str:
    return path.name[: path.name.lower().rindex(".tsv")]


def _add(found: dict[str, dict[str, _Entry]], query: str, document: str, *, one: _Entry) -> None:
    """Add a line; one that is repeated as it was says nothing new."""
    first = found.setdefault(query, {}).setdefault(document, one)
    if first[0] != one[0]:
        raise one.line.unusable(
            f"query {query!r} has document {document!r} in line {first.line.number} already, with"
            f" {first[0]} and not {one[0]}; keep one of them"
        )
