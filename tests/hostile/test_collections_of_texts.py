"""Whatever is in a file of a collection, `eval` measures or says in which file it stops."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile.files import File, damaged, json_lines, one_line
from support.hostile.values import check_message, hostile, places, raw_json, texts, written
from support.program import run_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv", "run.txt")
CORPUS = [{"_id": f"d{at}", "title": "", "text": f"{word} it is"} for at, word in enumerate("abcd")]
QUERIES = [{"_id": f"q{at}", "text": f"what is {word}"} for at, word in enumerate("ab")]
QRELS = ("query-id\tcorpus-id\tscore", "q0\td0\t1", "q0\td1\t0", "q1\td1\t2", "q1\td9\t1")
RUN = [f"q{at} Q0 d{place} {place} {9 - place} tag" for at in range(2) for place in range(3)]
SOUND = {
    "corpus.jsonl": json_lines(CORPUS),
    "queries.jsonl": json_lines(QUERIES),
    "qrels/test.tsv": "".join(f"{line}\n" for line in QRELS),
    "run.txt": "".join(f"{line}\n" for line in RUN),
}


@pytest.fixture(scope="module")
def measure(tiny_folder, place: Path) -> Callable[..., Any]:
    """Measure on the collection, in which one file has other content."""
    folder = place / "collection"
    (folder / "qrels").mkdir(parents=True)

    def go(name: str, content: bytes, *, with_run: bool) -> None:
        for sound, text in SOUND.items():
            (folder / sound).write_text(text, encoding="utf-8")
        (folder / name).write_bytes(content)
        before = ("--run", str(folder / "run.txt")) if with_run else ("--first-stage", "bm25")
        done = run_program(
            *("eval", str(folder), *before, "--at", "1,3", "--json"),
            *("--model", str(tiny_folder), "--threads", "1"),
        )
        assert done.code in (0, 2), done
        if done.code == 0:
            json.loads(done.stdout)
        else:
            check_message(done.stderr)
            assert any(one in done.stderr for one in (name, "collection")), done.stderr

    return go


@hostile(share=0.01)
@given(name=st.sampled_from(NAMES), data=st.data(), with_run=st.booleans())
def test_a_damaged_file_is_measured_or_refused_by_its_name(measure, name, data, with_run):
    file = data.draw(damaged(st.just(File("", SOUND[name].encode()))))
    measure(name, file.content, with_run=with_run)


@hostile(share=0.01)
@given(name=st.sampled_from(NAMES[:2]), data=st.data(), raw=raw_json, with_run=st.booleans())
def test_a_value_of_another_kind_is_measured_or_refused(measure, name, data, raw, with_run):
    first, *others = CORPUS if name == "corpus.jsonl" else QUERIES
    path = data.draw(st.sampled_from(places(first)))
    content = written(first, path, raw) + "\n" + json_lines(others)
    measure(name, content.encode(), with_run=with_run)


numbers = st.sampled_from(
    ("0", "1", "-2", "1.0", "1.5", "nan", "inf", "1e999", "9" * 30, "9" * 5000)
)
words = st.sampled_from(("q0", "q1", "d0", "d1", "Q0", "x", "")) | numbers | texts.map(one_line)


@hostile(share=0.01)
@given(
    name=st.sampled_from(NAMES[2:]),
    fields=st.lists(st.lists(words, min_size=2, max_size=7), min_size=1, max_size=3),
    is_whole=st.booleans(),
    gap=st.sampled_from((" ", "\t", ",")),
)
def test_lines_of_other_fields_are_measured_or_refused(measure, name, fields, is_whole, gap):
    lines = "".join(f"{gap.join(line)}\n" for line in fields)
    measure(name, ((SOUND[name] if is_whole else "") + lines).encode(), with_run=name == "run.txt")
