"""Bytes in, characters and lines out; whole files or none."""

from __future__ import annotations

import gzip
import io
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.errors import InvalidInput
from jingpai.files.encodings import as_utf8, lines_of
from jingpai.files.endings import ending_of, is_packed, kind_of
from jingpai.files.faults import Fault, unusable
from jingpai.files.json_text import parse_json
from jingpai.files.text import open_text, read_text
from jingpai.files.whole import write_text, write_whole


@pytest.mark.parametrize(
    ("name", "kind", "packed"),
    [
        ("a.jsonl", "jsonl", False),
        ("a.b.NDJSON.Gz", "jsonl", True),
        ("a.Json", "json", False),
        ("a.csv", "csv", False),
        ("a.TSV", "tsv", False),
        ("a.txt.gz", "lines", True),
        ("a.gz", None, True),
        ("jsonl", None, False),
    ],
)
def test_the_ending_says_what_is_in_a_file_in_any_case(name, kind, packed):
    assert (kind_of(name), is_packed(name)) == (kind, packed)
    assert ending_of(name) == ending_of(name.upper())


@given(st.text(st.sampled_from("a\r\n\u2028熊😀"), max_size=40), st.sampled_from(["utf-16", "gbk"]))
def test_a_line_ends_at_a_line_end_in_every_encoding(text, encoding):
    content = text.encode("utf-16" if encoding == "utf-16" else "gb18030")
    named = None if encoding == "utf-16" else "gb18030"
    lines = list(lines_of(io.BufferedReader(io.BytesIO(content)), encoding=named))
    assert "".join(lines) == text
    assert [line.removesuffix("\n") for line in lines] == text.split("\n")[: len(lines)]
    assert all(line.endswith("\n") for line in lines[:-1])


def test_a_byte_that_is_no_text_is_told_with_its_line_however_far_it_stands(tmp_path):
    path = tmp_path / "a.txt"
    lines = "line\n" * 50_000
    path.write_bytes(lines.encode("utf-16") + b"\x00\xd8\n\x00")
    with pytest.raises(InvalidInput, match=r"a\.txt:50001: not UTF-16"):
        read_text(path)
    path.write_bytes(lines.encode() + b"\xff\n")
    with pytest.raises(InvalidInput, match=r"a\.txt:50001: not UTF-8 \(byte 0xff\)"):
        read_text(path)


def test_utf16_becomes_utf8_piece_by_piece_even_without_line_ends():
    text = "熊猫😀" * 100_000
    content = as_utf8(io.BufferedReader(io.BytesIO(text.encode("utf-16"))), encoding=None)
    assert content is not None
    assert content.read(10) == text.encode()[:10]
    assert content.read() == text.encode()[10:]
    assert as_utf8(io.BufferedReader(io.BytesIO(b"{}")), encoding=None) is None


def test_what_lies_on_stdin_is_not_unpacked_but_told(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"a"))))
    with pytest.raises(InvalidInput, match="stdin: this is gzip; unpack it first: gzip -dc"):
        read_text("-")


def test_a_packed_file_that_ends_too_soon_is_told(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"line\n" * 9999)[:-20])
    with (
        open_text(path) as file,
        pytest.raises(InvalidInput, match=r"a\.txt\.gz: not a whole gzip file"),
    ):
        list(file.lines())


@pytest.mark.parametrize(
    ("text", "line"),
    [('[\n"NaN", 1,\nNaN]', 3), ('{"a":\n"\\"Infinity",\n\n"b": -Infinity}', 4), ("[\n1\n2]", 3)],
)
def test_what_is_wrong_with_json_of_several_lines_is_told_with_its_line(text, line):
    with pytest.raises(Fault) as caught:
        parse_json(text)
    assert caught.value.line == line


def test_a_reason_is_english_in_files_and_in_the_users_language_elsewhere(monkeypatch):
    monkeypatch.setenv("JINGPAI_LANG", "zh")
    fault = Fault("a JSON object is expected, not {kind}", {"kind": Fault("an array")})
    assert str(fault) == "a JSON object is expected, not an array"
    assert str(unusable("a.jsonl", fault, line=2)) == "a.jsonl:2: 应为 JSON 对象，而不是数组"


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "first")
    with pytest.raises(RuntimeError), write_whole(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "first"
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]


def test_threads_that_write_one_file_do_not_mix(tmp_path):
    path = tmp_path / "a.txt"
    texts = [letter * 100_000 for letter in "abcd"]
    threads = [threading.Thread(target=write_text, args=(path, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text(encoding="utf-8") in texts
    assert [found.name for found in tmp_path.iterdir()] == ["a.txt"]
