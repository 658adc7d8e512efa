"""Whatever is in a row, `batch` scores it or says why not; the others come out as they were."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st
from support.batch_jobs import Folder
from support.hostile.files import File, damaged, json_lines, storable, table
from support.hostile.values import (
    check_message,
    documents,
    hostile,
    json_values,
    raw_json,
    readable_queries,
    result_or_error,
    texts,
)

from jingpai import InvalidInput, JingpaiError, StorageFailed
from jingpai.batch.job import run_batch
from jingpai.batch.settings import BatchSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Outcome = tuple[Any, Folder]


@pytest.fixture(scope="module")
def score(tiny_folder, place: Path) -> Callable[..., Outcome]:
    """Run a job on a file, with shards of three rows: `score(File(".jsonl", content))`."""
    settings: dict[str, Any] = {
        "model": str(tiny_folder),
        "precision": "fp32",
        "threads": 1,
        "shard_rows": 3,
    }

    def go(file: File) -> Outcome:
        source, out = place / f"rows{file.ending}", Folder(place / "out")
        source.write_bytes(file.content)
        shutil.rmtree(out.path, ignore_errors=True)
        job = BatchSettings(encoding=file.encoding or None, **settings)
        found = result_or_error(lambda: run_batch(str(source), str(out.path), settings=job))
        return found, out

    return go


def check_counts(outcome: Any, out: Folder, *, rows: int) -> None:
    """Each row has a score or a reason."""
    totals = outcome.totals
    assert totals.rows == rows
    assert totals.scored + totals.bad == rows
    assert (outcome.errors is not None) == bool(totals.bad)
    for error in out.errors if totals.bad else []:
        check_message(error["reason"])


sound_documents = texts | texts.map(lambda text: {"text": text, "title": "t"})


@hostile(share=0.02)
@given(rows=st.lists(st.tuples(readable_queries, sound_documents), min_size=1, max_size=9))
def test_each_row_of_json_lines_comes_out_once_and_as_it_was(score, rows):
    given = [
        {"id": at, "query": query, "document": document, "x": 10**30}
        for at, (query, document) in enumerate(rows)
    ]
    outcome, out = score(File(".jsonl", json_lines(given).encode()))
    check_counts(outcome, out, rows=len(given))
    assert outcome.totals.scored == len(given)
    lines = b"".join(out.parts.values()).decode().splitlines()
    for line, row in zip(lines, given, strict=True):
        assert line.startswith(json.dumps(row)[:-1])
        assert 0 <= json.loads(line)["score"] <= 1


@hostile(share=0.01)
@given(rows=st.lists(st.tuples(readable_queries, texts), min_size=1, max_size=9), tsv=st.booleans())
def test_each_record_of_a_table_comes_out_once_and_as_it_was(score, rows, tsv):
    cells = [[storable(text) for text in row] for row in rows]
    records = table([("query", "document"), *cells], delimiter="\t" if tsv else ",")
    outcome, out = score(File(".tsv" if tsv else ".csv", records.encode()))
    check_counts(outcome, out, rows=len(rows))
    assert outcome.totals.scored == len(rows)


@hostile(share=0.02)
@given(
    query=readable_queries.map(json.dumps) | raw_json,
    document=documents.filter(lambda given: isinstance(given, str)).map(json.dumps) | raw_json,
    lists=st.booleans(),
)
def test_a_row_of_another_kind_is_scored_or_told_with_its_reason(score, query, document, lists):
    sound: dict[str, Any] = {"query": "what is a panda", "document": "a bear"}
    name = "document"
    if lists:
        sound, name = {"query": "what is a panda", "documents": ["a bear", ""]}, "documents"
    odd = f'{{"query": {query}, "{name}": {document}}}'
    content = json.dumps(sound) + "\n" + odd.replace("\n", " ") + "\n" + json.dumps(sound) + "\n"
    outcome, out = score(File(".jsonl", content.encode()))
    if isinstance(outcome, JingpaiError):
        assert isinstance(outcome, InvalidInput)
        return
    check_counts(outcome, out, rows=3)
    assert outcome.totals.scored >= 2


@st.composite
def files(draw: st.DrawFn) -> File:
    """A sound file of rows."""
    pair = st.tuples(readable_queries.map(storable), texts.map(storable))
    rows, names = draw(st.lists(pair, min_size=1, max_size=5)), ("query", "document")
    if draw(st.booleans()):
        return File(".csv", table([names, *rows], delimiter=",").encode())
    values = [dict(zip(names, row, strict=True)) for row in rows]
    return File(".jsonl", json_lines(values).encode())


@hostile(share=0.02)
@given(file=damaged(files()))
def test_a_damaged_file_is_scored_or_refused(score, file):
    outcome, out = score(file)
    if isinstance(outcome, JingpaiError):
        assert isinstance(outcome, InvalidInput | StorageFailed)
        return
    check_counts(outcome, out, rows=outcome.totals.rows)


# Parquet

_TEXTS = ("string", "large_string", "string_view", "dictionary", "null")
_OTHERS = ("int64", "binary", "list", "list of objects", "object", "decimal", "timestamp", "bool")


def _column(kind: str, given: list[str]) -> Any:
    found = {
        "dictionary": lambda: pa.array(given).dictionary_encode(),
        "null": lambda: pa.nulls(len(given)),
        "int64": lambda: pa.array(range(len(given))),
        "binary": lambda: pa.array([text.encode() for text in given]),
        "list": lambda: pa.array([[text, ""] for text in given]),
        "list of objects": lambda: pa.array([[{"text": text, "title": None}] for text in given]),
        "object": lambda: pa.array([{"text": text, "n": 1} for text in given]),
        "decimal": lambda: pa.array([1] * len(given), pa.decimal128(3)),
        "timestamp": lambda: pa.array([0] * len(given), pa.timestamp("ns")),
        "bool": lambda: pa.array([True] * len(given)),
    }
    return found[kind]() if kind in found else pa.array(given, getattr(pa, kind)())


@hostile(share=0.02)
@given(
    rows=st.lists(st.tuples(readable_queries, texts), min_size=1, max_size=7),
    kinds=st.tuples(*[st.sampled_from(_TEXTS) | st.sampled_from(_TEXTS + _OTHERS)] * 3),
    name=st.sampled_from(("document", "document", "documents")),
    group=st.integers(1, 9),
)
def test_columns_of_any_type_are_scored_or_refused_by_name(score, place, rows, kinds, name, group):
    given = [[storable(text) for text in row] for row in rows]
    queries, others = [row[0] for row in given], [row[1] for row in given]
    columns = dict(
        zip(("query", name, "other"), map(_column, kinds, (queries, others, others)), strict=True)
    )
    path = place / "made.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=group)
    outcome, out = score(File(".parquet", path.read_bytes()))
    if isinstance(outcome, JingpaiError):
        assert isinstance(outcome, InvalidInput)
        assert any(repr(column) in str(outcome) for column in ("query", name))
        return
    check_counts(outcome, out, rows=len(rows))
    written = [pq.read_table(path) for path in sorted(out.path.glob("part-*"))]
    whole = pa.concat_tables(written)
    if not outcome.totals.bad:
        assert whole.column("other").to_pylist() == columns["other"].to_pylist()


@hostile(share=0.01)
@given(cut=st.integers(0, 1200), more=st.binary(max_size=4), values=st.lists(json_values))
def test_half_a_parquet_file_is_refused_as_one(score, place, cut, more, values):
    path = place / "made.parquet"
    pq.write_table(pa.table({"query": ["a"] * 9, "document": ["b"] * 9}), path)
    content = path.read_bytes()
    outcome, out = score(File(".parquet", content[:cut] + more + content[cut + len(more) :]))
    if not isinstance(outcome, JingpaiError):
        check_counts(outcome, out, rows=outcome.totals.rows)
