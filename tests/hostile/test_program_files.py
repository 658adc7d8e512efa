"""Whatever is in a file, the program reads all of it, or says in which file and line it cannot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile.files import File, damaged, documents_in_a_file, pairs_in_a_file
from support.hostile.values import check_message, hostile, places, raw_json, written
from support.program import Finished, run_program

if TYPE_CHECKING:
    from pathlib import Path

UNUSABLE, BAD_ROWS = 2, 3
LANGUAGES = st.sampled_from(("en", "zh"))


@pytest.fixture(scope="module")
def rank(tiny_folder, place: Path):
    """Rank the documents of a file, or of stdin: `rank(file, "--json")`."""

    def go(file: File, *options: str, stdin: bool = False, language: str = "en") -> Finished:
        return in_language(
            language,
            *("rank", "what is a panda", "-" if stdin else stored(file, place)),
            *("--model", str(tiny_folder), "--precision", "fp32", "--threads", "1"),
            *(*file.options, *options),
            stdin=file.content if stdin else b"",
        )

    return go


def in_language(language: str, *arguments: str, stdin: bytes = b"") -> Finished:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINGPAI_LANG", language)
        return run_program(*arguments, stdin=stdin)


def stored(file: File, place: Path) -> str:
    name = f"given{file.ending}"
    (place / name).write_bytes(file.content)
    return name


def check_end(done: Finished, *, name: str, codes: tuple[int, ...] = (0, UNUSABLE)) -> None:
    """A run ends well, or with one message that leads with the file."""
    assert done.code in codes, done
    if done.code == UNUSABLE:
        check_message(done.stderr)
        last = done.stderr.strip().splitlines()[-1]
        assert name in last or "--encoding" in last, done.stderr


@hostile(share=0.03)
@given(sound=documents_in_a_file(), top_k=st.none() | st.integers(1, 9), stdin=st.booleans())
def test_the_documents_of_a_sound_file_come_back_once_and_best_first(rank, sound, top_k, stdin):
    file, given = sound
    # What is packed, and what a table or an object is, only a name can say.
    stdin = stdin and file.ending == ".txt" and not given[0].startswith(("a{", "a["))
    options = () if top_k is None else ("--top-k", str(top_k))
    done = rank(file, "--json", *options, stdin=stdin)
    assert done.code == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert len(results) == min(top_k or len(given), len(given))
    assert len({result["index"] for result in results}) == len(results)
    assert [(-result["score"], result["index"]) for result in results] == sorted(
        (-result["score"], result["index"]) for result in results
    )
    for result in results:
        assert result["text"] == given[result["index"]]


@hostile(share=0.02)
@given(
    sound=documents_in_a_file(),
    columns=st.sampled_from((1, 20, 40, 57, 100, 5000)),
    command=st.sampled_from((("rank",), ("explain", "--by", "bm25"))),
    language=LANGUAGES,
)
def test_a_table_of_any_width_shows_them(tiny_folder, place, sound, columns, command, language):
    file, given = sound
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        done = in_language(
            language,
            *(command[0], "what is a panda", stored(file, place), *command[1:], *file.options),
            *("--model", str(tiny_folder), "--precision", "fp32", "--threads", "1"),
        )
    assert done.code == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert done.stdout.count("\n") > len(given)


@hostile(share=0.04)
@given(
    file=damaged(documents_in_a_file().map(lambda sound: sound[0])),
    stdin=st.booleans(),
    language=LANGUAGES,
)
def test_a_damaged_file_is_read_or_refused_by_its_name(rank, file, stdin, language):
    done = rank(file, "--json", stdin=stdin, language=language)
    check_end(done, name="stdin" if stdin else "given")
    if done.code == 0:
        results = json.loads(done.stdout)["results"]
        assert sorted(result["index"] for result in results) == list(range(len(results)))


@hostile(share=0.01)
@given(
    data=st.data(), raw=raw_json, ending=st.sampled_from((".json", ".jsonl")), language=LANGUAGES
)
def test_a_value_of_another_kind_is_ranked_or_refused_by_its_place(
    rank, data, raw, ending, language
):
    sound = {"text": "a bear", "id": 1, "title": "t", "metadata": {"a": [1]}}
    body = ["a", sound] if ending == ".json" else sound
    path = data.draw(st.sampled_from(places(body)))
    done = rank(File(ending, written(body, path, raw).encode()), "--json", language=language)
    check_end(done, name="given")
    if done.code == 0:
        json.loads(done.stdout)


@hostile(share=0.02)
@given(
    file=pairs_in_a_file() | damaged(pairs_in_a_file()) | pairs_in_a_file(is_sound=True),
    command=st.sampled_from(("eval", "eval", "compare", "calibrate")),
    language=LANGUAGES,
)
def test_labelled_pairs_are_used_or_refused_by_their_file(
    tiny_folder, place, file, command, language
):
    name, model = stored(file, place), str(tiny_folder)
    arguments = {
        "eval": ("eval", name, "--model", model, "--json"),
        "compare": ("compare", model, model, name, "--json"),
        "calibrate": ("calibrate", name, "--model", model, "--output", "c.json", "--json"),
    }[command]
    done = in_language(language, *arguments, *file.options, "--threads", "1")
    # Few pairs, or of one kind only, teach no curve.
    codes = (0, 1, UNUSABLE) if command == "calibrate" else (0, UNUSABLE)
    assert done.code in codes, done
    if done.code == 0:
        json.loads(done.stdout)
    else:
        check_message(done.stderr)
