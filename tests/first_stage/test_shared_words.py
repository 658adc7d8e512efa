"""BM25 over a handful of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.first_stage.shared_words import bm25_scores, words_of

TEXTS = [
    "The panda eats bamboo, and the bear eats the rest.",
    "大熊猫以竹子为食。",
    "パンダは竹を食べる",
    "แพนด้ากินไผ่",
    "ПАНДА ест бамбук",
    "पांडा बांस खाता है",
    "",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bamboo's ２", ["bamboo", "s", "2"]),
        ("熊猫", ["熊", "猫", "熊猫"]),
        ("猫eats", ["猫", "eats"]),
        ("ไผ่", ["ไผ่"]),
        ("บาส1", ["บาส", "1"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("<b>bold</b> &amp; <i></i>", ["bold"]),
        ("!?", []),
    ],
)
def test_words_are_those_of_their_script(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize("query", ["what does the panda eat", "熊猫吃竹", "竹 panda пАнда", "ไผ่"])
def test_scores_are_those_of_a_library(query):
    bm25s = pytest.importorskip("bm25s")
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index([words_of(text) for text in TEXTS], show_progress=False)
    expected = index.get_scores(words_of(query)).tolist()
    assert bm25_scores(query, TEXTS) == pytest.approx(expected, abs=1e-5)


def test_texts_without_a_shared_word_have_nothing():
    assert bm25_scores("fox", TEXTS) == [0.0] * len(TEXTS)
    assert bm25_scores("?", ["a", "b"]) == [0.0, 0.0]
    assert bm25_scores("a", [""]) == [0.0]


@given(st.text(), st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_gets_a_score(query, texts):
    scores = bm25_scores(query, texts)
    assert len(scores) == len(texts)
    assert all(isinstance(score, float) and score >= 0 for score in scores)
