"""Rows that cannot be scored: they are told with their place and reason, and no other is lost."""

from __future__ import annotations

import hashlib
import io
import json
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.batch_jobs import pair, write_objects

from jingpai.batch.formats.lines import Lines, csv_records, json_records
from jingpai.batch.settings import Columns


def test_bad_json_lines_are_told_by_line_and_the_others_are_scored(run, out, tmp_path):
    bad = {
        2: ("not json", "not JSON (Expecting value"),
        3: ('{"query": "a", "document": "b"', "not JSON (Expecting ',' delimiter"),
        4: ("[1, 2]", "a JSON object is expected, not an array"),
        5: ('{"query": "a"}', "there is no 'document'"),
        6: ('{"query": null, "document": "b"}', "'query' is null"),
        7: ('{"query": 7, "document": "b"}', "'query' must be a string, not int"),
        8: ('{"query": "a", "document": ["b"]}', "'document' must be a string, not list"),
        9: ('{"query": " ", "document": "b"}', "query holds only white space"),
        11: ('{"query": "a", "document": {"body": "b"}}', "mapping without the key 'text'"),
        12: ('{"query": "a", "document": "b", "x": NaN}', "NaN is no number of JSON"),
        13: ('{"query": "a", "document": "b", "score": 1}', "a key 'score' already; see --prefix"),
        14: ('{"query": "' + "long " * 200 + '", "document": "b"}', "the model reads"),
        15: ("[" * 100_000, "not JSON (nested too deep)"),
    }
    values = [bad[line][0] if line in bad else pair(line) for line in range(1, 26)]
    values[9] = ""  # a blank line is no row
    outcome = run(write_objects(tmp_path / "pairs.jsonl", values))
    assert [(error["file"], error["line"]) for error in out.errors] == [
        ("pairs.jsonl", line) for line in bad
    ]
    for error, (_, reason) in zip(out.errors, bad.values(), strict=True):
        assert reason in error["reason"]
    assert [row["id"] for row in out.rows] == [
        line for line in range(1, 26) if line not in bad and line != 10
    ]
    totals = outcome.totals
    assert (totals.rows, totals.scored, totals.bad) == (24, 24 - len(bad), len(bad))


def test_a_file_may_begin_with_bad_rows(run, out, tmp_path):
    values = ["x", '{"query": "a"}', '{"query": "a", "documents": ["b"]}']
    assert run(write_objects(tmp_path / "pairs.jsonl", values)).totals.scored == 1
    assert out.manifest["settings"]["documents"] == "documents"


def test_bytes_that_are_no_text_are_a_bad_row_in_json_and_in_csv(run, out, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(
        b'{"query": "a", "document": "b"}\n{"query": "a\xff", "document": "b"}\n'
    )
    (tmp_path / "b.csv").write_bytes(b"query,document\na,b\na,\xb0\xa1\nc,d\n")
    run(tmp_path / "a.jsonl")
    reason = "not UTF-8 (byte 0xff). Name the encoding it has, for example --encoding cp1252"
    assert out.errors == [{"file": "a.jsonl", "line": 2, "reason": reason}]
    run(tmp_path / "b.csv", tmp_path / "csv")
    (error,) = (tmp_path / "csv" / "_errors.jsonl").read_text().splitlines()
    assert json.loads(error)["line"] == 3
    assert "not UTF-8 (byte 0xb0). As Chinese text" in error


def test_bad_records_of_csv_are_told_by_their_lines(run, out, tmp_path):
    (tmp_path / "pairs.csv").write_bytes(
        b"query,document\n"  # 1
        b'"a\nb",c\n'  # 2, 3
        b'"d\ne",f,too many\n'  # 4, 5
        b"too few\n"  # 6
        b'"g"x,h\n'  # 7
        b"i,j\n"  # 8
        b'k,"never closed\nl,m\n'  # 9, 10
    )
    outcome = run(tmp_path / "pairs.csv", shard_rows=2)
    assert [(error["line"], error.get("last_line")) for error in out.errors] == [
        (4, 5),
        (6, None),
        (7, None),
        (9, 10),
    ]
    reasons = [error["reason"] for error in out.errors]
    assert reasons[:2] == [
        "3 fields, but the first line names 2 columns",
        "1 fields, but the first line names 2 columns",
    ]
    assert all(reason.startswith("not CSV (") for reason in reasons[2:])
    assert (outcome.totals.rows, outcome.totals.scored) == (6, 2)


@pytest.mark.parametrize(
    "records", [json_records, partial(csv_records, delimiter=",", encoding="utf-8")]
)
def test_a_line_over_the_limit_is_one_bad_row_and_is_not_kept_in_memory(records):
    content = b"a,b\n" + b"x" * 300 + b"\n" + b"c,d\n"
    lines = Lines(io.BytesIO(content), longest=64)
    first, long, last = records(lines)
    assert (first.raw, last.raw, last.position) == (b"a,b\n", b"c,d\n", (3, 3))
    assert (long.position, long.fault) == ((2, 2), "a line of 64 bytes and more")
    assert len(long.raw) == 64
    assert lines.offset == len(content)
    assert lines.digest.hexdigest() == hashlib.sha256(content).hexdigest()


def test_rows_of_parquet_are_told_by_their_number_from_0(run, out, tmp_path):
    broken = pa.Array.from_buffers(
        pa.string(),
        3,
        [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\3\0\0\0\4\0\0\0"), pa.py_buffer(b"a\xffbc")],
    )
    first = pa.table({"query": ["a", None, "b"], "document": ["x", "y", "z"]})
    second = pa.table({"query": pa.chunked_array([broken]), "document": ["x", None, "z"]})
    path = tmp_path / "pairs.parquet"
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        writer.write_table(second)
    run(path)
    assert [(error["row"], error["reason"]) for error in out.errors] == [
        (1, "'query' is null"),
        (4, "'query' must be a string, not bytes"),
    ]
    assert pq.read_table(out.path).num_rows == 4


def test_a_document_that_is_null_is_told_where_the_query_is_sound(run, out, tmp_path):
    table = pa.table({"query": ["a", "b"], "document": pa.array([None, None], pa.null())})
    pq.write_table(table, tmp_path / "pairs.parquet")
    assert run(tmp_path / "pairs.parquet").totals.bad == 2


def test_one_bad_document_takes_its_row_and_no_other(run, out, tmp_path):
    rows: list[dict[str, Any] | str] = [
        {"query": "a", "documents": ["x", None]},
        {"query": "a", "documents": ["x", "y"]},
        {"query": "a", "documents": "x"},
        {"query": "a", "documents": [["x"]]},
    ]
    run(write_objects(tmp_path / "lists.jsonl", rows))
    assert [error["line"] for error in out.errors] == [1, 3, 4]
    assert out.errors[0]["reason"].startswith("documents[1] is None")
    assert len(out.rows) == 1


def test_a_pair_without_a_finite_number_is_told_and_its_batch_is_not_lost(
    run, out, tmp_path, broken_folder
):
    values = [{"query": "a", "document": "bZb" if n == 4 else f"b {n}"} for n in range(9)]
    run(write_objects(tmp_path / "pairs.jsonl", values), model=str(broken_folder), precision="fp32")
    assert [error["line"] for error in out.errors] == [5]
    assert "gave no finite number" in out.errors[0]["reason"]
    assert len(out.rows) == 8


def test_errors_of_all_shards_are_in_one_file_in_the_order_of_the_input(run, out, tmp_path):
    values = [pair(n) if n % 7 else "broken" for n in range(40)]
    outcome = run(write_objects(tmp_path / "pairs.jsonl", values))
    assert [error["line"] for error in out.errors] == [1, 8, 15, 22, 29, 36]
    assert outcome.errors == str(out.path / "_errors.jsonl")
    assert out.manifest["totals"]["bad"] == 6


@pytest.mark.parametrize("columns", [Columns(), Columns(documents="documents")])
def test_a_file_of_bad_rows_alone_is_done_all_the_same(run, out, tmp_path, columns):
    outcome = run(write_objects(tmp_path / "pairs.jsonl", ["x"] * 12), columns=columns)
    assert (outcome.totals.bad, outcome.totals.scored) == (12, 0)
    assert out.manifest["state"] == "finished"
