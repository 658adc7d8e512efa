"""BM25 over a handful of candidates, and over a corpus."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.errors import MissingExtra
from jingpai.first_stage.bm25 import WordIndex, candidate_scores, index_documents
from jingpai.first_stage.words import words_of
from jingpai.types import Document, DocumentLike

TEXTS = [
    "The panda eats bamboo, and the bear eats the rest.",
    "大熊猫以竹子为食。",
    "パンダは竹を食べる",
    "แพนด้ากินไผ่",
    "ПАНДА ест бамбук",
    "पांडा बांस खाता है",
    "<p>A panda&nbsp;sleeps.</p>",
    "",
]
MIXED = st.text(alphabet="ab熊ไ <>é", max_size=12)


@pytest.mark.parametrize("query", ["what does the panda eat", "熊猫吃竹", "竹 panda пАнда", "ไผ่"])
def test_scores_are_those_of_a_library(query):
    bm25s = pytest.importorskip("bm25s")
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    texts = [text.replace("<p>", "").replace("&nbsp;", " ").replace("</p>", "") for text in TEXTS]
    index.index([words_of(text) for text in texts], show_progress=False)
    expected = index.get_scores(words_of(query)).tolist()
    assert candidate_scores(query, TEXTS) == pytest.approx(expected, abs=1e-5)


@given(MIXED, st.lists(MIXED, min_size=1, max_size=5))
def test_candidates_and_a_corpus_have_the_same_scores(query, texts):
    pytest.importorskip("bm25s")
    found = index_documents(texts).scores(query)
    assert found.shape == (len(texts),)
    assert found.tolist() == pytest.approx(candidate_scores(query, texts), abs=1e-5)


@pytest.mark.parametrize("query", ["panda panda bamboo", "b", "熊猫竹", "?"])
def test_the_same_holds_for_titles_markup_and_repeated_words(query):
    pytest.importorskip("bm25s")
    documents: list[DocumentLike] = [
        *TEXTS,
        Document("It eats.", title="Panda"),
        {"text": "<b>bamboo</b>"},
    ]
    found = index_documents(documents).scores(query)
    assert found.tolist() == pytest.approx(candidate_scores(query, documents), abs=1e-5)


def test_a_title_is_found_and_markup_is_not():
    documents: list[DocumentLike] = [
        Document("It eats.", title="Panda"),
        {"text": "<b>bamboo</b> &amp; <i></i>"},
    ]
    assert candidate_scores("panda", documents)[0] > 0
    assert candidate_scores("b amp i", documents) == [0.0, 0.0]


def test_an_index_takes_words_that_were_parted_elsewhere():
    pytest.importorskip("bm25s")
    index = WordIndex([["panda", "eat"], ["bear"]])
    first, second = index.scores_of_words(["eat"]).tolist()
    assert first > second == 0.0
    assert index.scores_of_words([]).tolist() == [0.0, 0.0]


def test_a_corpus_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bm25s", None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=r'pip install "jingpai\[evaluation\]"'):
        index_documents(TEXTS)
    assert candidate_scores("panda", TEXTS)[0] > 0


def test_texts_without_a_shared_word_have_nothing():
    assert candidate_scores("fox", TEXTS) == [0.0] * len(TEXTS)
    assert candidate_scores("?", ["a", "b"]) == [0.0, 0.0]
    assert candidate_scores("a", [""]) == [0.0]
    assert candidate_scores("a", []) == []


@given(st.text(), st.lists(st.text(), min_size=1, max_size=5))
def test_any_text_gets_a_score(query, texts):
    scores = candidate_scores(query, texts)
    assert len(scores) == len(texts)
    assert all(isinstance(score, float) and score >= 0 for score in scores)
