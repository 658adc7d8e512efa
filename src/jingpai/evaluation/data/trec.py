"""Judgements and runs, as TREC and BEIR write them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.testset import MOST_GRADE
from jingpai.files.lines import Line, open_text, unusable

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


_MOST_DIGITS = 20

_Entry = TypeVar("_Entry", Judgement, Found)


def find_judgements(folder: Path, split: str | None) -> Path:
    """Return the file of judgements of a BEIR folder.

    Args:
        folder: With `qrels/<split>.tsv`, or `qrels.tsv`.
        split: Which of them; None where there is one only, else `test`.

    Raises:
        InvalidInput: It is not there.
    """
    if split is None and (single := folder / "qrels.tsv").is_file():
        return single
    there = sorted((folder / "qrels").glob("*.tsv"))
    names = [path.stem for path in there]
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
    with open_text(path, encoding=encoding) as file:
        for line in file.lines():
            fields = line.text.split("\t") if line.text.count("\t") == 2 else line.text.split()
            fields = [field.strip() for field in fields]
            if len(fields) not in (3, 4):
                raise line.unusable(
                    f"{len(fields)} fields; expected are 3, as BEIR has it (query-id, corpus-id,"
                    " score), or 4, as TREC has it (query, iteration, document, grade)"
                )
            query, document, grade = fields[0], fields[-2], fields[-1]
            if line.number == 1 and len(fields) == 3 and not _is_whole(grade):
                continue  # the names of the columns
            if not _is_whole(grade):
                raise line.unusable(f"the grade must be a whole number, not {grade!r}")
            _add(found, query, document, one=Judgement(_grade(grade, line), line))
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


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").removeprefix("+").isdecimal()


def _grade(text: str, line: Line) -> int:
    # Python reads no number of thousands of digits.
    if len(text) > _MOST_DIGITS or int(text) > MOST_GRADE:
        raise line.unusable(f"the grade {text[:_MOST_DIGITS]} is too large; {MOST_GRADE} is most")
    return int(text)


def _add(found: dict[str, dict[str, _Entry]], query: str, document: str, *, one: _Entry) -> None:
    documents = found.setdefault(query, {})
    if (first := documents.setdefault(document, one)) is not one:
        raise one.line.unusable(
            f"query {query!r} has document {document!r} in line {first.line.number} already"
        )
