"""What a job refuses before anything is written."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.batch_jobs import write_numbered, write_objects

from jingpai import InvalidInput
from jingpai.batch.settings import Columns


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"query": "a", "text": "b"}\n', r"no column 'document'.*'query', 'text'"),
        ("a.csv", b"query,text\na,b\n", r"no column 'document'.*--document-column"),
        ("a.csv", b"", r"must name the columns: it is empty"),
        ("a.csv", b"query,document,x,x\n", r"2 columns are called 'x'"),
        ("a.jsonl.gz", gzip.compress(b"{}\n" * 9999, mtime=0)[:-9], r"not a whole gzip file"),
        ("a.parquet", b"PAR1 no", r"not a whole Parquet file"),
        ("a.txt", b"", r"nothing to read; the endings of files are"),
    ],
)
def test_an_input_that_cannot_be_used_is_told_and_nothing_is_written(
    run, out, tmp_path, name, content, message
):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=message):
        run(tmp_path / name)
    assert not out.path.exists()


def test_columns_of_parquet_with_other_types_than_text_are_told(run, tmp_path):
    table = pa.table({"query": ["a"], "document": [1], "documents": ["x"]})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match="column 'document' is int64; text is expected"):
        run(tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match="column 'documents' is string; lists of text"):
        run(tmp_path / "a.parquet", columns=Columns(documents="documents"))


def test_columns_of_parquet_with_one_name_are_told(run, tmp_path):
    table = pa.Table.from_arrays([pa.array(["a"])] * 3, names=["query", "document", "query"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match="several columns are called 'query'"):
        run(tmp_path / "a.parquet")


def test_what_csv_cannot_hold_or_what_says_two_things_is_refused(run, tmp_path):
    (tmp_path / "a.csv").write_text("query,documents\na,b\n")
    with pytest.raises(InvalidInput, match="a field of CSV holds no list"):
        run(tmp_path / "a.csv", columns=Columns(documents="documents"))
    source = write_objects(tmp_path / "b.jsonl", [{"query": "a", "documents": ["b"], "d": "c"}])
    with pytest.raises(InvalidInput, match="give one of the two"):
        run(source, columns=Columns(document="d", documents="documents"))
    with pytest.raises(InvalidInput, match="bring their own titles"):
        run(source, columns=Columns(title="d"))
    with pytest.raises(InvalidInput, match="--encoding: got 'klingon'"):
        run(tmp_path / "a.csv", encoding="klingon")


def test_places_that_cannot_be_used_are_told(run, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    write_numbered(source / "pairs.jsonl", 1)
    (source / "more.csv").write_text("query,document\na,b\n")
    with pytest.raises(InvalidInput, match=r"several formats \(.csv, .jsonl\)"):
        run(source)
    (source / "more.csv").unlink()
    with pytest.raises(InvalidInput, match="the output lies within the input"):
        run(source, source / "out")
    assert run(source, source / ".." / "beside").totals.scored == 1
    with pytest.raises(InvalidInput, match="no such file or folder"):
        run(tmp_path / "nothing")
    with pytest.raises(InvalidInput, match="no file is called so"):
        run(tmp_path / "*.jsonl")
    with pytest.raises(InvalidInput, match="no file system answers to it"):
        run("klingon://a/b.jsonl")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="none is the manifest of a job"):
        run(source, tmp_path / "full")
    with pytest.raises(InvalidInput, match="this is a file"):
        run(source, tmp_path / "full" / "thesis.txt")
