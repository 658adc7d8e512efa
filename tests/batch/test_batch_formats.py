"""What goes in and what comes out, by format."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.batch_jobs import Folder, write_numbered, write_objects

from jingpai import InvalidInput, Reranker
from jingpai.batch.settings import Columns
from jingpai.engine.identity import fingerprint_of
from jingpai.scores.calibration import Calibration, Logistic


def test_json_lines_keep_their_rows_and_get_the_scores_of_the_library(
    run, out, tmp_path, tiny_folder
):
    run(write_numbered(tmp_path / "pairs.jsonl", 25))
    assert list(out.parts) == [f"part-000000{number}.jsonl" for number in range(3)]
    assert [row["id"] for row in out.rows] == list(range(25))
    with Reranker(tiny_folder) as reranker:
        for row in out.rows:
            (found,) = reranker.rank(row["query"], [row["document"]])
            assert row["score"] == found.score
            assert (row["span_start"], row["span_end"]) == found.span


def test_a_json_row_is_written_as_it_stood(run, out, tmp_path):
    rows = [
        '{"query": "a", "document": "b", "price": 1.10, "n": 123456789012345678901234567890}',
        '  { "document":"\\ud83d\\ude00 \\ud800", "query" : "\\u4e2d" , "n": {"a": [1, null]} }  ',
        '{"query":"Café","document":"","e":1e400}',
    ]
    run(write_objects(tmp_path / "pairs.jsonl", rows))
    (text,) = out.parts.values()
    for given, line in zip(rows, text.decode().splitlines(), strict=True):
        assert line.startswith(given.strip().removesuffix("}").rstrip() + ', "score": 0.')


def test_a_byte_order_mark_is_no_part_of_the_first_row(run, out, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"query": "a", "document": "b"}\n')
    (tmp_path / "b.csv").write_bytes(b'\xef\xbb\xbf"query",document\na,b\n')
    assert run(tmp_path / "a.jsonl").totals.scored == 1
    assert run(tmp_path / "b.csv", tmp_path / "csv").totals.scored == 1


def test_csv_keeps_quotes_and_line_ends_within_fields(run, out, tmp_path):
    source = tmp_path / "pairs.csv"
    source.write_bytes(
        b'query,"the document",n\r\n'
        b'"what\nis ""it""?","two\r\n\r\nlines, a comma",007\r\n'
        b"\r\n"
        b'plain,5" disk,1\r\n'
        b'last,"no line end",2'
    )
    run(source, columns=Columns(document="the document"), shard_rows=2)
    text = b"".join(out.parts.values()).decode()
    assert text.startswith('query,"the document",n,score,span_start,span_end\n"what\nis ""it""?",')
    parts = (io.StringIO(part.decode(), newline="") for part in out.parts.values())
    rows = [row for part in parts for row in csv.DictReader(part)]
    assert [row["query"] for row in rows] == ['what\nis "it"?', "plain", "last"]
    assert [row["n"] for row in rows] == ["007", "1", "2"]
    assert rows[0]["the document"] == "two\r\n\r\nlines, a comma"
    assert all(0 < float(row["score"]) < 1 for row in rows)


def test_blank_lines_are_no_rows_wherever_they_stand(run, out, tmp_path):
    (tmp_path / "pairs.csv").write_bytes(b"\n\r\nquery,document\n\na,b\n\n\nc,d\n\n\n")
    assert run(tmp_path / "pairs.csv", shard_rows=1).totals.rows == 2
    assert [part.splitlines()[1][:4] for part in out.parts.values()] == [b"a,b,", b"c,d,"]


@pytest.mark.parametrize("ending", ["tsv", "tsv.gz"])
def test_tsv_goes_by_tabs_and_gzip_stays_gzip(run, out, tmp_path, ending):
    text = b"query\tdocument\na, b\tc\nd\te\n"
    is_packed = ending.endswith("gz")
    (tmp_path / f"pairs.{ending}").write_bytes(gzip.compress(text) if is_packed else text)
    run(tmp_path / f"pairs.{ending}")
    ((name, content),) = out.parts.items()
    assert name == f"part-0000000.{ending}"
    lines = (gzip.decompress(content) if is_packed else content).decode().splitlines()
    assert lines[0] == "query\tdocument\tscore\tspan_start\tspan_end"
    assert [line.split("\t")[:2] for line in lines[1:]] == [["a, b", "c"], ["d", "e"]]


def test_gzipped_json_is_cut_like_plain_json(run, out, tmp_path):
    plain = write_numbered(tmp_path / "pairs.jsonl", 25)
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    run(plain)
    run(packed, tmp_path / "packed")
    for part in sorted((tmp_path / "packed").glob("part-*")):
        assert gzip.decompress(part.read_bytes()) == out.parts[part.name.removesuffix(".gz")]


def test_csv_in_gb18030_stays_in_it(run, out, tmp_path):
    source = tmp_path / "pairs.csv"
    source.write_text("query,document\n中国,北京\n", encoding="gb18030")
    run(source, encoding="gb18030")
    (content,) = out.parts.values()
    assert content.decode("gb18030").splitlines()[1].startswith("中国,北京,0.")


def test_parquet_keeps_every_type_and_the_metadata(run, out, tmp_path):
    schema = pa.schema(
        [
            pa.field("query", pa.dictionary(pa.int32(), pa.string())),
            pa.field("document", pa.large_string()),
            pa.field("when", pa.timestamp("ns", tz="Asia/Shanghai"), metadata={"a": "b"}),
            pa.field("price", pa.decimal128(12, 3)),
            pa.field("tags", pa.list_(pa.struct([("name", pa.string()), ("n", pa.uint8())]))),
            pa.field("raw", pa.binary()),
        ],
        metadata={"made by": "a test"},
    )
    rows = [
        {
            "query": f"q {number % 3}",
            "document": f"d {number}",
            "when": datetime.datetime(2026, 1, 1 + number, tzinfo=datetime.timezone.utc),
            "price": decimal.Decimal(number) / 8,
            "tags": [{"name": "x", "n": number}, None] if number % 2 else None,
            "raw": bytes([number, 255]),
        }
        for number in range(25)
    ]
    given = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(given, tmp_path / "pairs.parquet", row_group_size=4)
    run(tmp_path / "pairs.parquet")
    assert list(out.parts) == [f"part-000000{number}.parquet" for number in range(3)]
    made = pa.concat_tables(
        pq.read_table(path) for path in sorted(out.path.glob("*.parquet"))
    ).unify_dictionaries()
    assert made.select(schema.names).to_pylist() == given.to_pylist()
    assert made.schema.names[-3:] == ["score", "span_start", "span_end"]
    assert [made.schema.field(name).type for name in schema.names] == schema.types
    assert made.schema.metadata[b"made by"] == b"a test"
    # A folder of parts is a data set for whoever reads Parquet, whatever else lies in it.
    assert pq.read_table(out.path).num_rows == 25


def test_parquet_keeps_a_row_between_bad_ones_whatever_the_type(run, out, tmp_path):
    view = pa.string_view()
    types = {
        "view": (view, "a"),
        "bytes": (pa.binary_view(), b"a"),
        "list": (pa.list_(view), ["a", None]),
        "large list": (pa.large_list(view), ["a"]),
        "fixed list": (pa.list_(view, 2), ["a", "b"]),
        "list view": (pa.list_view(pa.string()), ["a"]),
        "object": (pa.struct([("x", view), ("y", pa.list_(pa.struct([("z", view)])))]), {"x": "a"}),
        "map": (pa.map_(view, view), [("a", "b")]),
        "json": (pa.json_(pa.string()), "1"),
        "opaque": (pa.opaque(view, "a", "b"), "c"),
        "uuid": (pa.uuid(), bytes(16)),
        "short": (pa.decimal32(5, 2), decimal.Decimal("1.1")),
        "long": (pa.decimal256(50, 2), decimal.Decimal("1.1")),
        "half": (pa.float16(), 1.5),
        "nothing": (pa.null(), None),
    }
    columns = {
        name: pa.ExtensionArray.from_storage(
            kind, pa.array([None, value, value, None], kind.storage_type)
        )
        if isinstance(kind, pa.BaseExtensionType)
        else pa.array([None, value, value, None], kind)
        for name, (kind, value) in types.items()
    }
    columns["query"] = pa.array([None, "q", None, "q"], view)
    columns["document"] = pa.array(["d", "d", "d", "d"], view)
    given = pa.table(columns)
    pq.write_table(given, tmp_path / "pairs.parquet")
    run(tmp_path / "pairs.parquet")
    made = pq.read_table(out.path / "part-0000000.parquet")
    rows = given.to_pylist()
    assert made.select(list(columns)).to_pylist() == [rows[1], rows[3]]
    assert made.schema.types[: len(columns)] == given.schema.types


def test_documents_may_be_lists_of_any_kind_and_text_of_any_kind(run, tmp_path):
    view = pa.string_view()
    kinds = [
        pa.list_view(pa.string()),
        pa.large_list_view(pa.large_string()),
        pa.list_(view),
        pa.list_(view, 1),
        pa.list_(pa.struct([("text", view)])),
    ]
    for number, kind in enumerate(kinds):
        value = {"text": "a"} if pa.types.is_struct(kind.value_type) else "a"
        json = pa.ExtensionArray.from_storage(pa.json_(pa.string()), pa.array(["q"]))
        table = pa.table({"query": json, "documents": pa.array([[value]], kind)})
        source = tmp_path / f"{number}.parquet"
        pq.write_table(table, source)
        totals = run(source, tmp_path / f"out{number}").totals
        assert (totals.scored, totals.bad) == (1, 0), kind


def test_lists_of_documents_get_lists_in_the_order_of_the_documents(
    run, out, tmp_path, tiny_folder
):
    lists = [["a panda", "bamboo for pandas", "a panda"], [], ["one"]]
    rows = [{"query": "panda", "documents": documents} for documents in lists]
    run(write_objects(tmp_path / "lists.jsonl", rows))
    first, empty, one = out.rows
    assert (empty["scores"], empty["ranks"], empty["span_starts"]) == ([], [], [])
    assert one["ranks"] == [1]
    with Reranker(tiny_folder) as reranker:
        ranking = reranker.rank("panda", lists[0])
        assert first["scores"] == reranker.score("panda", lists[0])
    for rank, found in enumerate(ranking, start=1):
        assert first["ranks"][found.index] == rank
        spans = zip(first["span_starts"], first["span_ends"], strict=True)
        assert list(spans)[found.index] == found.span


def test_lists_in_parquet_may_hold_texts_or_objects_with_titles(run, out, tmp_path):
    texts = [["a", "b"], None, []]
    objects = [[{"text": "a", "title": "T"}, {"text": "b", "title": None}], None, []]
    for name, lists in (("texts", texts), ("objects", objects)):
        table = pa.table({"query": ["x", "y", "z"], "documents": lists})
        pq.write_table(table, tmp_path / f"{name}.parquet")
        run(tmp_path / f"{name}.parquet", tmp_path / name)
    made = {name: pq.read_table(tmp_path / name).to_pylist() for name in ("texts", "objects")}
    for rows in made.values():
        assert [row["query"] for row in rows] == ["x", "z"]
        assert [len(row["scores"]) for row in rows] == [2, 0]
    # The title is read, and only where there is one.
    assert made["texts"][0]["scores"][0] != made["objects"][0]["scores"][0]
    assert made["texts"][0]["scores"][1] == made["objects"][0]["scores"][1]
    errors = (tmp_path / "texts" / "_errors.jsonl").read_text()
    assert json.loads(errors) == {
        "file": "texts.parquet",
        "row": 1,
        "reason": "'documents' is null",
    }


def test_a_title_column_is_read_where_it_is_asked_for(run, tmp_path):
    source = write_objects(
        tmp_path / "pairs.jsonl",
        [
            {"query": "q", "document": "d", "title": "panda"},
            {"query": "q", "document": "d", "title": None},
            {"query": "q", "document": {"text": "d", "title": "panda"}},
        ],
    )
    run(source, tmp_path / "without")
    run(source, tmp_path / "with", columns=Columns(title="title"))
    plain, titled = (
        [row["score"] for row in Folder(tmp_path / name).rows] for name in ("without", "with")
    )
    assert plain[0] == plain[1] == titled[1]
    assert titled[0] == plain[2] == titled[2] != plain[0]


def test_calibrated_scores_are_those_of_the_calibration(run, out, tmp_path, tiny_folder):
    calibration = Calibration("tiny", fingerprint_of(tiny_folder), Logistic(0.5, -2.0))
    run(write_numbered(tmp_path / "pairs.jsonl", 3), calibration=calibration)
    with Reranker(tiny_folder, calibration=calibration) as reranker:
        for row in out.rows:
            assert [row["score"]] == reranker.score(row["query"], [row["document"]])
    other = Calibration("other", "0" * 40, Logistic(0.5, -2.0))
    with pytest.raises(InvalidInput, match="calibration: it is for other"):
        run(tmp_path / "pairs.jsonl", tmp_path / "other", calibration=other)


def test_the_output_of_one_job_is_the_input_of_the_next_with_a_prefix(run, tmp_path):
    run(write_numbered(tmp_path / "pairs.jsonl", 3), tmp_path / "first")
    run(tmp_path / "first", tmp_path / "second", columns=Columns(prefix="again_"))
    (line, *_) = (tmp_path / "second" / "part-0000000.jsonl").read_text().splitlines()
    row = json.loads(line)
    assert row["again_score"] == row["score"]
    with pytest.raises(InvalidInput, match=r"column 'score' already.*--prefix"):
        run(tmp_path / "first", tmp_path / "third")


@pytest.mark.parametrize("name", ["none.jsonl", "none.csv", "none.parquet"])
def test_an_input_without_rows_gives_an_output_without_rows(run, out, tmp_path, name):
    empty = {"none.jsonl": b"", "none.csv": b"id,query,document\n"}.get(name)
    if empty is None:
        schema = pa.schema([("query", pa.string()), ("document", pa.string())])
        pq.write_table(schema.empty_table(), tmp_path / name)
    else:
        (tmp_path / name).write_bytes(empty)
    outcome = run(tmp_path / name)
    assert (outcome.totals.shards, outcome.totals.rows, outcome.errors) == (1, 0, None)
    assert out.manifest["state"] == "finished"
    (content,) = out.parts.values()
    if name.endswith("csv"):
        assert content == b"id,query,document,score,span_start,span_end\n"
    elif name.endswith("parquet"):
        assert pq.read_table(out.path).schema.names[-3:] == ["score", "span_start", "span_end"]
