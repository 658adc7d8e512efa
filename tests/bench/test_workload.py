"""Texts of a benchmark: as long as asked, all different."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from jingpai.bench.words import WORDS
from jingpai.bench.workload import make_workload
from jingpai.engine.engine import Engine
from jingpai.errors import InvalidInput
from jingpai.settings import ModelSettings
from jingpai.text.fields import read_candidates


@pytest.mark.parametrize("tokens", [40, 64, 128])
def test_rows_have_the_length_that_was_asked_for(engine, tokens):
    workload = make_workload(engine, documents=5, tokens=tokens)
    assert set(workload.row_tokens) == {tokens}
    for documents in workload.requests:
        encoded = engine.encode(read_candidates(workload.query, documents))
        assert [len(one.rows) for one in encoded] == [1] * 5
        assert not any(one.truncated for one in encoded)
        assert {len(one.rows[0].ids) for one in encoded} == {tokens}


@pytest.mark.parametrize("tokens", [32, 128, 512])
def test_rows_of_the_bundled_model_have_it_too(tokens):
    engine = Engine.load(settings=ModelSettings(long_documents="truncate"))
    try:
        workload = make_workload(engine, documents=3, tokens=tokens)
    finally:
        engine.close()
    assert all(tokens - 3 <= length <= tokens for length in workload.row_tokens)


def test_no_two_rows_of_all_requests_are_equal(engine):
    workload = make_workload(engine, documents=20, tokens=48, requests=6)
    rows = [
        one.rows[0].ids
        for documents in workload.requests
        for one in engine.encode(read_candidates(workload.query, documents))
    ]
    assert [len(documents) for documents in workload.requests] == [20] * 6
    assert len(set(rows)) == len(rows) == len(workload.row_tokens) == 120


def test_the_same_texts_are_made_every_time(engine):
    assert make_workload(engine, documents=4, tokens=64) == make_workload(
        engine, documents=4, tokens=64
    )


def test_texts_hold_words_of_several_scripts(engine):
    workload = make_workload(engine, documents=10, tokens=128)
    text = " ".join(" ".join(documents) for documents in workload.requests)
    assert set(text.split()) <= set(WORDS)
    for script in ("\u4e00\u9fff", "\u3040\u30ff", "\u0400\u04ff", "\u0600\u06ff", "\u0900\u097f"):
        assert any(script[0] <= character <= script[1] for character in text)


def test_rows_too_short_for_the_query_are_refused_with_what_is_possible(engine):
    with pytest.raises(InvalidInput, match=r"tokens: got 10, .* allowed are \d+ to 130"):
        make_workload(engine, documents=2, tokens=10)


def test_a_tokenizer_that_knows_no_word_is_refused(tiny_folder, tmp_path):
    for path in tiny_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    tokenizer.model = type(tokenizer.model)(vocabulary, unk_token="<unk>")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    engine = Engine.load(tmp_path, ModelSettings(long_documents="truncate"))
    try:
        with pytest.raises(InvalidInput, match="makes only 1 different rows"):
            make_workload(engine, documents=2, tokens=64)
    finally:
        engine.close()
