"""Files in, judged queries out; and what is said of files that cannot be used."""

from __future__ import annotations

import codecs
import gzip
import json

import pytest

from jingpai.errors import InvalidInput
from jingpai.evaluation.data.pairs import Columns
from jingpai.evaluation.data.reading import read_test_set
from jingpai.evaluation.data.source import Source
from jingpai.evaluation.data.texts import find_texts, read_corpus

PAIRS = 'query,document,label\n"熊猫吃什么","竹子,\n很多竹子",1\n熊猫吃什么,地铁,0\nwhy,because,2\n'


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("gbk", "gbk")]
)
def test_pairs_are_read_in_any_encoding(tmp_path, encoding, named):
    path = write(tmp_path / "pairs.csv", PAIRS, encoding)
    found = read_test_set(Source(path, encoding=named))
    assert [query.text for query in found.queries] == ["熊猫吃什么", "why"]
    first = found.queries[0]
    assert [document.text for document in first.documents] == ["竹子,\n很多竹子", "地铁"]
    # The second field of the first pair holds a line end, so the second pair is from line 4.
    assert first.judgements == {"2": 1, "4": 0}
    assert [query.language for query in found.queries] == ["Han", "Latin"]
    assert found.first_stage == "input order"


def test_tsv_jsonl_and_gzip_say_the_same(tmp_path):
    rows = [("q", "d1", "1", "en"), ("q", "d2", "false", "en")]
    keys = ("question", "passage", "relevant", "language")
    tsv = "\n".join("\t".join(one) for one in (keys, *rows))
    jsonl = "\n".join(json.dumps(dict(zip(keys, one, strict=True))) for one in rows)
    columns = Columns("question", "passage", "relevant")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(jsonl.encode()))
    sources = [
        write(tmp_path / "a.tsv", tsv),
        write(tmp_path / "b.jsonl", jsonl),
        tmp_path / "c.jsonl.gz",
    ]
    for source in sources:
        (query,) = read_test_set(Source(source, columns=columns)).queries
        assert [document.text for document in query.documents] == ["d1", "d2"]
        assert sorted(query.judgements.values()) == [0, 1]
        assert query.language == "en"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", "query,document\nq,d\n", "p.csv:1: no column 'label'"),
        ("p.csv", "query,document,label\nq,d\n", "p.csv:2: 2 fields, but the first line names 3"),
        ("p.csv", 'query,document,label\nq,"d"x,1\n', "p.csv:2: not CSV"),
        ("p.csv", 'query,document,label\nq,d,1\nq,"d,1\n', "p.csv:3: not CSV"),
        ("p.csv", "query,document,label\nq,d,yes\n", "p.csv:2: 'label' must be a whole number"),
        ("p.csv", "query,document,label\nq,d,0.5\n", "p.csv:2: 'label' must be a whole number"),
        ("p.csv", "query,document,label\n ,d,1\n", "p.csv:2: 'query' is empty"),
        ("p.csv", "query,document,label\nq,d,1\nq,d,0\n", "p.csv:3: the same pair has label 0"),
        ("p.csv", "query,query,document,label\n", "p.csv:1: 2 columns are called 'query'"),
        ("p.csv", "query,document,label\n", "p.csv: no pairs in there"),
        ("p.csv", "", "p.csv: no pairs in there"),
        ("p.jsonl", '{"query": "q"}\n', "p.jsonl:1: no 'document' in the object"),
        ("p.jsonl", '{"query": 1, "document": "d", "label": 1}\n', "p.jsonl:1: 'query' must be a"),
        ("p.jsonl", '\n{"query": \n', "p.jsonl:2: not JSON"),
        ("p.jsonl", "[1]\n", "p.jsonl:1: a JSON object is expected, not an array"),
        ("p.xlsx", "", "p.xlsx: the ending says what a file is: .csv"),
    ],
)
def test_what_is_wrong_with_pairs_is_told_with_the_line(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    with pytest.raises(InvalidInput) as caught:
        read_test_set(Source(path))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("query,document,label\nq,d,1\n熊猫,竹子,1\n".encode("gbk"), 3),
        (codecs.BOM_UTF16_LE + "query,document,label\n".encode("utf-16-le") + b"\x00\xd8", 2),
        (b"query,document,label\nq,\xff\xfe,1\n", 2),
    ],
)
def test_text_in_another_encoding_is_told_with_the_line(tmp_path, content, line):
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=rf"p\.csv:{line}: not UTF.*--encoding"):
        read_test_set(Source(path))


def test_a_repeated_pair_counts_once(tmp_path):
    path = write(tmp_path / "p.csv", "query,document,label\nq,d,1\nq,d,1\nq,e,0\n")
    (query,) = read_test_set(Source(path)).queries
    assert len(query.documents) == 2


def test_a_folder_with_a_run_keeps_the_order_of_the_run(beir, run_file):
    found = read_test_set(Source(beir, run=run_file, depth=2))
    assert [query.id for query in found.queries] == ["q1", "q2", "q3"]
    assert [document.id for document in found.queries[0].documents] == ["d4", "d1"]
    assert found.queries[0].before == {"d4": 3.0, "d1": 2.0, "d5": 1.0}
    assert found.queries[0].judgements == {"d1": 2, "d5": 1}
    assert found.first_stage == "first.run"


def test_a_sample_is_the_same_each_time(beir, run_file):
    one, other = (read_test_set(Source(beir, run=run_file, queries=2)) for _ in range(2))
    assert one == other
    assert len(one.queries) == 2


def test_texts_may_be_tsv_and_judgements_trec(tmp_path, run_file):
    folder = tmp_path / "tsv"
    folder.mkdir()
    write(folder / "corpus.tsv", "d1\tone\nd4\tfour\nd5\tfive\n")
    write(folder / "queries.tsv", "q1\twhat is it\n")
    qrels = write(tmp_path / "qrels.txt", "q1 0 d1 1\n")
    (query,) = read_test_set(Source(folder, run=run_file, qrels=qrels)).queries
    assert [document.text for document in query.documents] == ["four", "one", "five"]


def test_bm25_finds_what_shares_words_in_spaced_and_unspaced_scripts(beir):
    pytest.importorskip("bm25s")
    found = read_test_set(Source(beir, first_stage="bm25", depth=1))
    assert [query.documents[0].id for query in found.queries] == ["d1", "d2", "d3"]


def test_the_bundled_embedder_finds_candidates_and_keeps_vectors(beir, tmp_path):
    from jingpai.evaluation.kept import Kept

    kept = Kept(tmp_path / "kept")
    first = read_test_set(Source(beir, depth=2), kept=kept)
    assert [query.documents[0].id for query in first.queries] == ["d1", "d2", "d3"]
    told = []
    again = read_test_set(
        Source(beir, depth=2), kept=kept, progress=lambda done, total: told.append(done)
    )
    assert again == first
    assert told == []  # nothing was left to embed


def test_grades_are_written_as_in_pairs(beir, tmp_path, run_file):
    qrels = "q1\td1\t2.0\nq1\td1\t2\nq1\td5\tTrue\nq2\td2\t+1\nq3\td3\t1\nq3\td3\t1\n"
    (beir / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    found = read_test_set(Source(beir, run=run_file))
    assert [query.judgements for query in found.queries] == [
        {"d1": 2, "d5": 1},
        {"d2": 1},
        {"d3": 1},
    ]
    rows = "query,document,label\nq,d,2.0\nq,d,2\nq,e,True\nq,f,+1\n"
    (query,) = read_test_set(Source(write(tmp_path / "p.csv", rows))).queries
    assert list(query.judgements.values()) == [2, 1, 1]


@pytest.mark.parametrize("grade", ["0.5", "1e999", "nan", "1_0", "x", "", "\u0661"])
def test_what_is_no_whole_number_is_refused_as_in_pairs(beir, tmp_path, grade):
    told = f"must be a whole number (0 is not relevant), not {grade!r}"
    (beir / "qrels" / "test.tsv").write_text(f"q2\td2\t1\nq1\td1\t{grade}\n", encoding="utf-8")
    rows = f"query,document,label\nq,d,{grade}\n"
    for source in (beir, write(tmp_path / "p.csv", rows)):
        with pytest.raises(InvalidInput) as caught:
            read_test_set(Source(source, first_stage="bm25"))
        assert ":2: " in str(caught.value)
        assert told in str(caught.value)


def test_a_first_line_with_a_number_that_is_not_whole_names_no_columns(beir):
    (beir / "qrels" / "test.tsv").write_text("q1\td1\t0.5\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"test\.tsv:1: the grade must be a whole number"):
        read_test_set(Source(beir))


def test_a_line_of_a_run_may_be_there_twice(beir, run_file):
    before = read_test_set(Source(beir, run=run_file))
    spoil(run_file.parent, run_file.name, "q1 Q0 d1 1 2.0 tag\n")
    assert read_test_set(Source(beir, run=run_file)) == before


@pytest.mark.parametrize("with_run", [False, True])
def test_a_judged_document_that_is_not_there_is_missed_and_counted(beir, run_file, with_run):
    pytest.importorskip("bm25s")
    source = Source(beir, run=run_file if with_run else None, first_stage="bm25")
    assert read_test_set(source).absent == 0
    spoil(beir, "qrels/test.tsv", "q1\td8\t1\nq1\td9\t0\nq2\td9\t1\n")
    found = read_test_set(source)
    assert found.absent == 2
    assert found.queries[0].judgements["d8"] == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "query is empty"), (" \u200b\u3000", "holds only white space or invisible characters")],
)
def test_a_query_with_nothing_to_read_is_told_with_its_line_and_id(beir, run_file, text, told):
    spoil(beir, "queries.jsonl", json.dumps({"_id": "q4", "text": text}) + "\n")
    # Nobody asks it yet.
    read_test_set(Source(beir, run=run_file))
    spoil(beir, "qrels/test.tsv", "q4\td1\t1\n")
    for run in (run_file, None):
        with pytest.raises(InvalidInput, match=rf"queries\.jsonl:4: query 'q4', '.*': .*{told}"):
            read_test_set(Source(beir, run=run, first_stage="bm25"))


def test_a_query_of_pairs_with_nothing_to_read_is_told_with_its_line(tmp_path):
    path = write(tmp_path / "p.csv", "query,document,label\nq,d,1\n\u200b,d,1\n")
    with pytest.raises(InvalidInput, match=r"p\.csv:3: query '2'.*invisible characters"):
        read_test_set(Source(path))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("corpus.NDJSON", '{"id": 1, "text": "one, two", "title": "T"}\n'),
        ("corpus.csv", 'id,title,text\n1,T,"one, two"\n'),
        ("corpus.TSV", "_id\ttext\ttitle\n1\tone, two\tT\n"),
    ],
)
def test_texts_may_be_json_lines_or_a_table(tmp_path, name, content):
    write(tmp_path / name, content, "utf-16")
    (document,) = read_corpus(find_texts(tmp_path, "corpus")).documents.values()
    assert (document.id, document.title, document.text) == ("1", "T", "one, two")


def spoil(folder, name, text):
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("corpus.jsonl", '{"_id": "d1", "text": "x"}\n', "corpus.jsonl:6: the id 'd1' is that of"),
        ("corpus.jsonl", '{"text": "x"}\n', 'corpus.jsonl:6: "_id" must be a string'),
        ("queries.jsonl", '{"_id": "q4"}\n', 'queries.jsonl:4: "text" must be a string'),
        ("queries.jsonl", '{"_id": "q1", "text": "x"}\n', "queries.jsonl:4: the id 'q1'"),
        ("qrels/test.tsv", "q9\td1\t1\n", "test.tsv:6: query 'q9' is none of"),
        ("qrels/test.tsv", "q1\td1\t1\n", "test.tsv:6: query 'q1' has document 'd1' in line 2"),
        ("qrels/test.tsv", "q1\td2\tx\n", "test.tsv:6: the grade must be a whole number"),
        ("qrels/test.tsv", "q1\n", "test.tsv:6: 1 fields; expected are 3"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told_with_the_line(beir, name, text, message):
    spoil(beir, name, text)
    with pytest.raises(InvalidInput) as caught:
        read_test_set(Source(beir, first_stage="bm25"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("q1 Q0 d9 1 9 tag\n", "first.run:9: document 'd9' is none of"),
        ("q1 Q0 d1 1 9 tag\n", "first.run:9: query 'q1' has document 'd1' in line 2 already"),
        ("q1 Q0 d2 1 nan tag\n", "first.run:9: the score, field 5, must be a number"),
        ("q1 d2 1\n", "first.run:9: 3 fields; a line of a run has 6"),
    ],
)
def test_what_is_wrong_with_a_run_is_told_with_the_line(beir, run_file, text, message):
    spoil(run_file.parent, run_file.name, text)
    with pytest.raises(InvalidInput) as caught:
        read_test_set(Source(beir, run=run_file))
    assert message in str(caught.value)


def test_a_run_of_other_queries_is_refused(beir, tmp_path):
    run = write(tmp_path / "other.run", "q9 Q0 d1 1 1.0 tag\n")
    with pytest.raises(InvalidInput, match="holds none of the judged queries"):
        read_test_set(Source(beir, run=run))


def test_empty_judgements_and_missing_files_are_named(beir, tmp_path):
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    with pytest.raises(InvalidInput, match=r"test\.tsv: no judgements in there"):
        read_test_set(Source(beir))
    with pytest.raises(InvalidInput, match=r"no qrels/dev\.tsv in there; --split can be test"):
        read_test_set(Source(beir, split="dev"))
    with pytest.raises(InvalidInput, match="no such file"):
        read_test_set(Source(tmp_path / "none.csv"))
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InvalidInput, match="no queries in there"):
        read_test_set(Source(empty))
    with pytest.raises(InvalidInput, match="depth: got 0"):
        Source(beir, depth=0)
    with pytest.raises(InvalidInput, match="is no folder"):
        read_test_set(Source(write(tmp_path / "p.csv", PAIRS), split="test"))
