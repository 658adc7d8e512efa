"""One content in many forms: `rank`, `eval` and `batch` read all of them alike, or refuse alike."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("ir_measures")
pytest.importorskip("scipy")
pytest.importorskip("pyarrow")

from support.batch_jobs import Folder

from jingpai.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = "熊猫吃什么"
ROWS = [("竹子，很多竹子。", 1), ('it "rains", again', 0), ("", 0), ("地铁", 0)]
COLUMNS = ("query", "document", "text", "label", "title")


def objects(end: str = "\n") -> str:
    values = [
        dict(zip(COLUMNS, (QUERY, text, text, label, ""), strict=True)) for text, label in ROWS
    ]
    return "".join(json.dumps(value, ensure_ascii=False) + end for value in values)


def table(delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(COLUMNS)
    writer.writerows([QUERY, text, text, label, ""] for text, label in ROWS)
    return text.getvalue()


class Form(NamedTuple):
    """The content in a file."""

    name: str
    content: bytes
    encoding: str | None = None


def marked(text: str, mark: bytes, encoding: str) -> bytes:
    return mark + text.encode(encoding)


FORMS = [
    Form("a.jsonl", objects().encode()),
    Form("a.ndjson", objects().encode()),
    Form("A.JSONL", objects("\r\n").encode()),
    Form("a.jsonl", marked(objects(), codecs.BOM_UTF8, "utf-8")),
    Form("a.jsonl", marked(objects(), codecs.BOM_UTF16_LE, "utf-16-le")),
    Form("a.jsonl", marked(objects("\r\n"), codecs.BOM_UTF16_BE, "utf-16-be")),
    Form("a.jsonl", objects().encode("gb18030"), "gb18030"),
    Form("a.jsonl", objects().encode("utf-16-le"), "utf-16"),
    Form("a.jsonl", objects().encode("iso2022_jp_2"), "iso2022_jp_2"),
    Form("a.jsonl", ("\n \t\n" + objects("\n\n")).rstrip("\n").encode()),
    Form("a.jsonl.gz", gzip.compress(objects().encode())),
    Form("a.Jsonl.GZ", gzip.compress(objects().encode("utf-16"))),
    Form("a.csv", table().encode()),
    Form("A.CSV", table(end="\r\n").encode("utf-16")),
    Form("a.csv", marked(table(), codecs.BOM_UTF8, "utf-8")),
    Form("a.csv", ("\n\n" + table(end="\n\n  \n")).encode()),
    Form("a.csv.gz", gzip.compress(table().encode("gbk")), "gbk"),
    Form("a.tsv", table("\t").encode()),
    Form("a.TSV.gz", gzip.compress(table("\t").encode("utf-16"))),
]


@pytest.fixture
def invoke(
    tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        runner = CliRunner(env={"JINGPAI_LANG": "en", "COLUMNS": "200"})
        return runner.invoke(app, [*arguments, "-m", str(tiny_folder), "--precision", "fp32"])

    return run


def outcome(invoke: Callable[..., Result], form: Form) -> list[Any]:
    """What the three commands make of a file, as far as it depends on its content."""
    Path(form.name).write_bytes(form.content)
    given = [] if form.encoding is None else ["--encoding", form.encoding]
    ranked = invoke("rank", QUERY, form.name, "--json", *given)
    judged = invoke("eval", form.name, "--json", *given)
    scored = invoke("batch", form.name, "out", *given)
    done = [ranked.exit_code, judged.exit_code, scored.exit_code]
    assert done == [0, 0, 0], (ranked.stderr, judged.stderr, scored.stderr)
    results = [
        (one["text"], round(one["score"], 5)) for one in json.loads(ranked.stdout)["results"]
    ]
    report = json.loads(judged.stdout)
    asked = [(one["query"], one["before"], one["models"]) for one in report["per_query"]]
    return [results, asked, report["models"][0]["pairs"], _scored(form)]


def _scored(form: Form) -> list[tuple[str, str, float]]:
    ((name, content),) = Folder(Path("out")).parts.items()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    is_utf16 = form.encoding is None or form.encoding.startswith(("utf", "iso"))
    text = content.decode("utf-8-sig" if is_utf16 else form.encoding or "")
    rows: list[dict[str, Any]]
    if "json" in name:
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
    else:
        delimiter = "\t" if "tsv" in name else ","
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    return [(row["query"], row["document"], round(float(row["score"]), 5)) for row in rows]


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.name} {form.content[:6].hex()}")
def test_one_content_has_one_outcome(invoke, form, expected):
    found = outcome(invoke, form)
    assert [text for text, _ in sorted(found[0])] == sorted(text for text, _ in ROWS)
    assert found[2] == len(ROWS)
    assert [text for _, text, _ in found[3]] == [text for text, _ in ROWS]
    assert found == expected.setdefault("outcome", found)


class Bad(NamedTuple):
    """A file that all commands refuse, or a row that they do; and what all of them say."""

    name: str
    content: bytes
    line: int | None
    message: str


GOOD = '{"query": "q", "document": "d", "text": "d", "label": 1}\n'
OPEN = '{"query": "q", "document": "d", "text": "d", "label": 1, '
HEAD = "query,document,text,label\nq,d,d,1\n"
NAN = "is no number of JSON; write null, or leave the key out"

BAD = [
    Bad("a.jsonl", f'{GOOD}{OPEN}"x": NaN}}\n'.encode(), 2, f"not JSON (NaN): NaN {NAN}"),
    Bad("a.jsonl", f'\n{OPEN}"x": [-Infinity]}}\n'.encode(), 2, f"-Infinity {NAN}"),
    Bad("a.ndjson", f'{GOOD}{OPEN}"text": "e"}}\n'.encode(), 2, "the key 'text' is 2 times in an"),
    Bad("a.jsonl", f"{GOOD}{OPEN}\n".encode(), 2, "not JSON (Expecting property name"),
    Bad("a.jsonl", f"{GOOD}{'[' * 100_000}\n".encode(), 2, "not JSON (nested too deep)"),
    Bad("a.jsonl", f"{GOOD}\n\u3000\n".encode(), 3, "not JSON (Expecting value, column 1)"),
    Bad("a.jsonl", f"{GOOD}\n{OPEN}".encode() + b'"\xe9": 1}', 3, "not UTF-8 (byte 0xe9). Name"),
    Bad("a.jsonl", GOOD.encode() + "熊".encode("gbk"), 2, "(byte 0xd0). As Chinese text (GB18030"),
    Bad("a.csv", HEAD.encode() + "熊,d,d,1\n".encode("gbk"), 3, "not UTF-8 (byte 0xd0). As Chi"),
    Bad("a.csv", f"{HEAD}q,d,d\n".encode(), 3, "3 fields, but the first line names 4 columns"),
    Bad("a.csv", f'{HEAD}\nq,"d"x,d,1\n'.encode(), 4, "not CSV ("),
    Bad("a.tsv", f'{HEAD}q,d,d,"1'.replace(",", "\t").encode(), 3, "not CSV ("),
    Bad(
        "a.csv", b"query,document,text,label,text\n", 1, "2 columns are called 'text'; rename them"
    ),
    Bad("a.jsonl.gz", GOOD.encode(), None, "the name ends in .gz, but this is no gzip"),
    Bad("a.jsonl", gzip.compress(GOOD.encode()), None, "this is gzip, but its name does not end"),
    Bad("a.jsonl", b"PAR1\x15\x04\x15PAR1", None, "this is Parquet, not text; `jingpai batch`"),
    Bad("a.csv", b"PAR1\x15\x04\x15PAR1", None, "this is Parquet, not text; `jingpai batch`"),
    Bad("a.csv", b"PK\x03\x04\x14\x00", None, "this is zip, which is not read; unpack it"),
    Bad("a.jsonl", b"\x28\xb5\x2f\xfd\x04", None, "this is zstd, which is not read"),
    Bad(
        "a.csv.gz",
        gzip.compress((HEAD + "q,d,d,1\n" * 9999).encode())[:-9],
        None,
        "not a whole gzip file",
    ),
    Bad("a.jsonl", GOOD.encode("utf-16") + b"\n\x00\x00\xd8\n\x00", 3, "not UTF-16 (byte 0x"),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.name} {bad.message[:20]}")
def test_what_one_command_refuses_all_refuse_with_the_same_words(invoke, bad):
    Path(bad.name).write_bytes(bad.content)
    place = f"{bad.name}:{bad.line}: " if bad.line else f"{bad.name}: "
    for command in (("rank", "q", bad.name), ("eval", bad.name)):
        result = invoke(*command)
        assert result.exit_code == 2
        assert place in result.stderr
        assert bad.message in result.stderr
    batch = invoke("batch", bad.name, "out")
    if batch.exit_code == 2:
        assert place in batch.stderr
        assert bad.message in batch.stderr
    else:
        assert batch.exit_code == 3
        (error,) = Folder(Path("out")).errors
        assert (error["file"], error["line"]) == (bad.name, bad.line)
        assert bad.message in error["reason"]


@pytest.mark.parametrize("encoding", ["rot13", "klingon", "", "idna", "punycode"])
def test_all_three_refuse_an_encoding_that_is_not_known(invoke, encoding):
    Path("a.jsonl").write_text(GOOD, encoding="utf-8")
    for command in (("rank", "q", "a.jsonl"), ("eval", "a.jsonl"), ("batch", "a.jsonl", "out")):
        result = invoke(*command, "--encoding", encoding)
        assert result.exit_code == 2
        assert f"--encoding: got {encoding!r}; allowed are utf-8, utf-16, gb18030" in result.stderr


def test_half_a_character_in_an_escape_is_read_as_models_read_it(invoke):
    Path("a.jsonl").write_text(GOOD.replace('"d"', '"\\ud83d\\ude00 \\ud800"'), encoding="utf-8")
    ranked = invoke("rank", "q", "a.jsonl", "--json")
    assert json.loads(ranked.stdout)["results"][0]["text"] == "😀 \ufffd"
    assert invoke("eval", "a.jsonl", "--html", "page.html").exit_code == 0
    assert invoke("batch", "a.jsonl", "out").exit_code == 0
    # What was given is written out as it stood.
    assert b'"\\ud83d\\ude00 \\ud800"' in b"".join(Folder(Path("out")).parts.values())


def test_a_table_of_texts_without_a_column_text_is_lines_as_ever(invoke):
    Path("a.csv").write_text("one, two\nthree\n", encoding="utf-8")
    texts = {
        one["text"] for one in json.loads(invoke("rank", "q", "a.csv", "--json").stdout)["results"]
    }
    assert texts == {"one, two", "three"}
    refused = invoke("rank", "q", "a.csv", "--format", "csv")
    assert "a.csv:1: no column 'text'; its columns are 'one', 'two'. The first" in refused.stderr
