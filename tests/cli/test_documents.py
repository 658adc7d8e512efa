"""From files and stdin to documents."""

from __future__ import annotations

import codecs
import io
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from jingpai.cli.documents import InputDocument, read_documents
from jingpai.errors import InvalidInput


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGPAI_LANG", "en")


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch):
    """Put bytes on stdin."""

    def put(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return put


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_text_files_hold_a_document_a_line_and_empty_lines_count_but_are_none(tmp_path):
    source = write(tmp_path, "a.txt", "one\n\n  \ntwo\r\n three ")
    assert read_documents([source]) == [
        InputDocument("one", source=source, line=1),
        InputDocument("two", source=source, line=4),
        InputDocument(" three ", source=source, line=5),
    ]


def test_any_other_ending_is_read_as_lines(tmp_path):
    source = write(tmp_path, "a.csv", '{"text": "x"}\n')
    assert [document.text for document in read_documents([source])] == ['{"text": "x"}']


def test_a_line_ends_at_a_line_end_and_nowhere_else(tmp_path):
    text = "one\u2028still one\u0085and\x0cone\n"
    source = write(tmp_path, "a.txt", text)
    assert len(read_documents([source])) == 1
    source = write(tmp_path, "a.jsonl", json.dumps(text, ensure_ascii=False) + "\n")
    assert [document.text for document in read_documents([source])] == [text]


def test_jsonl_holds_strings_and_objects_whose_other_fields_are_carried_along(tmp_path):
    lines = ['"plain"', "", '{"text": "t", "id": 7, "title": "T", "metadata": {"a": [1]}, "x": 0}']
    source = write(tmp_path, "a.jsonl", "\n".join(lines))
    assert read_documents([source]) == [
        InputDocument("plain", source=source, line=1),
        InputDocument("t", id=7, title="T", metadata={"a": [1]}, source=source, line=3),
    ]


@pytest.mark.parametrize(
    "content",
    [
        '["one", {"text": "two"}]',
        '{"documents": ["one", {"text": "two"}], "query": "ignored"}',
        '\n [\n "one",\n {"text": "two"}\n]\n',
    ],
)
def test_json_holds_an_array_or_an_object_with_documents(tmp_path, content):
    source = write(tmp_path, "a.json", content)
    assert [(one.text, one.line) for one in read_documents([source])] == [
        ("one", None),
        ("two", None),
    ]


def test_several_sources_are_read_in_order_and_stdin_is_one_of_them(tmp_path, stdin):
    stdin(b"from stdin\n")
    first, last = write(tmp_path, "a.txt", "first\n"), write(tmp_path, "b.json", '["last"]')
    texts = [document.text for document in read_documents([first, "-", last])]
    assert texts == ["first", "from stdin", "last"]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ('{"text": "one"}\n{"text": "two"}\n', ["one", "two"]),
        ('{"text": "one"}\n', ["one"]),
        ('{\n  "documents": [\n "one"]}', ["one"]),
        ('["one", "two"]', ["one", "two"]),
        ('[{"text": "one"},\n {"text": "two"}]', ["one", "two"]),
        ("[1] Smith et al., 2020\n[2] Li\n", ["[1] Smith et al., 2020", "[2] Li"]),
        ('"quoted" line\n', ['"quoted" line']),
    ],
)
def test_the_format_of_stdin_is_told_by_how_it_begins(stdin, content, texts):
    stdin(content.encode())
    assert [document.text for document in read_documents(["-"])] == texts


def test_a_format_that_is_asked_for_counts_whatever_the_name_says(tmp_path):
    source = write(tmp_path, "a.json", '{"text": "x"}')
    assert [one.text for one in read_documents([source], form="lines")] == ['{"text": "x"}']
    source = write(tmp_path, "a.txt", '{"text": "x"}')
    assert [one.text for one in read_documents([source], form="jsonl")] == ["x"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (codecs.BOM_UTF8 + "熊猫\n".encode(), None),
        ("熊猫\n".encode("utf-16"), None),
        (codecs.BOM_UTF16_BE + "熊猫\n".encode("utf-16-be"), None),
        ("熊猫\n".encode("gb18030"), "gb18030"),
        ("熊猫\n".encode("euc_jp"), "euc_jp"),
    ],
)
def test_encodings_are_told_by_a_mark_or_by_the_user(tmp_path, content, encoding):
    source = write(tmp_path, "a.txt", content)
    assert [document.text for document in read_documents([source], encoding=encoding)] == ["熊猫"]


class Bad(NamedTuple):
    name: str
    content: str | bytes
    message: str


BAD = [
    Bad("a.txt", "", "{source}: no documents in there"),
    Bad("a.jsonl", "\n \n", "{source}: no documents in there"),
    Bad("a.json", "", "{source}: no documents in there"),
    Bad("a.json", "[]", "{source}: no documents in there"),
    Bad("a.txt", "abc\n熊猫".encode("gb18030"), "{source}:2: not UTF-8 (byte 0xd0). As"),
    Bad("a.txt", "abc\n熊猫".encode("gb18030"), "--encoding gb18030"),
    Bad("a.txt", b"caf\xe9", "{source}:1: not UTF-8 (byte 0xe9). Name the encoding"),
    Bad("a.txt", b"\xff\xfea", "{source}:1: not UTF-16"),
    Bad(
        "a.jsonl",
        '"a"\n{"text": }\n',
        "{source}:2: not JSON (Expecting value, column 10). If it is plain",
    ),
    Bad("a.json", '[\n "a",\n nope]', "{source}:3: not JSON (Expecting value, column 2)"),
    Bad("a.jsonl", '{"text": "a", "metadata": NaN}', "{source}:1: not JSON (NaN)"),
    Bad("a.json", "[" * 100_000, "not JSON"),
    Bad("a.json", '["a", {"content": "b", "id": 1}]', '{source}[1]: an object without "text"'),
    Bad("a.json", '["a", {"content": "b", "id": 1}]', "it has 'content', 'id'"),
    Bad("a.json", '{"documents": [{}]}', '{source}: documents[0]: an object without "text"'),
    Bad("a.json", '{"documents": "a"}', "{source}: documents: an array of documents is needed"),
    Bad("a.json", '{"docs": []}', '{source}: an array of documents is needed, or an object {"doc'),
    Bad("a.json", '"a"', "not a string"),
    Bad("a.jsonl", "null", '{source}:1: a document is a string or an object with "text", not null'),
    Bad("a.jsonl", "[1]", "{source}:1: a document is a string or an object"),
    Bad("a.jsonl", "12", "not 12"),
    Bad("a.jsonl", '{"text": null}', '{source}:1: "text" must be a string, not null'),
    Bad("a.jsonl", '{"text": 3}', '{source}:1: "text" must be a string, not 3'),
    Bad("a.jsonl", '{"text": "a", "title": ["b"]}', '"title" must be a string, not an array'),
]


@pytest.mark.parametrize("bad", BAD)
def test_input_that_cannot_be_used_is_refused_with_its_place(tmp_path, bad):
    source = write(tmp_path, bad.name, bad.content)
    with pytest.raises(InvalidInput) as caught:
        read_documents([source])
    assert bad.message.replace("{source}", source) in str(caught.value)


def test_a_file_that_is_not_there_or_not_a_file_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"missing\.txt: no such file"):
        read_documents([str(tmp_path / "missing.txt")])
    with pytest.raises(InvalidInput, match=r"this is a folder; name the files in it, .*\*\.txt"):
        read_documents([str(tmp_path)])
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_documents(["a\0b"])


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    source = write(tmp_path, "a.txt", "a")
    Path(source).chmod(0)
    with pytest.raises(InvalidInput, match="Permission denied"):
        read_documents([source])


def test_an_unknown_encoding_is_refused(tmp_path):
    source = write(tmp_path, "a.txt", "a")
    with pytest.raises(InvalidInput, match="--encoding: got 'klingon'"):
        read_documents([source], encoding="klingon")


def test_a_wrong_encoding_that_was_asked_for_is_not_proposed_again(tmp_path):
    source = write(tmp_path, "a.txt", b"\xff\xff")
    with pytest.raises(InvalidInput, match="Name the encoding"):
        read_documents([source], encoding="gb18030")
