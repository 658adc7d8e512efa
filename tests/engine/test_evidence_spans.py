"""Evidence of tokens becomes scores of sentences, where they stand in the text handed in."""

from __future__ import annotations

import gzip
import itertools
from typing import Any

import numpy as np
import pytest
from support.tiny_engine import tiny_engine_of
from support.tiny_models import write_tiny_two_segment, write_tiny_xlm_roberta
from support.two_segment_reference import evidence_logits
from tokenizers import Tokenizer

from jingpai import BackendFailed, Document, InvalidInput, Reranker, ScoreCache
from jingpai.models.resolve import resolve
from jingpai.text.fields import read_candidates

QUERY = "what is it"

TEXTS = {
    "emoji": (
        "Pandas 🐼🐼 eat bamboo. 👩‍👩‍👧 visit them! Then 🏳️‍🌈 home.",
        ["Pandas 🐼🐼 eat bamboo.", "👩‍👩‍👧 visit them!", "Then 🏳️‍🌈 home."],
    ),
    "CJK": (
        "大熊猫以竹子为食。它住在哪里？住在四川!パンダは竹を食べます。𠮷野家で食べた。",
        [
            "大熊猫以竹子为食。",
            "它住在哪里？",
            "住在四川!",
            "パンダは竹を食べます。",
            "𠮷野家で食べた。",
        ],
    ),
    "leading white space": ("  \t\n  One is here. Two\n", ["One is here.", "Two"]),
    "Windows line ends": (
        "First line\r\n\r\nSecond line\r\nThird. Fourth.\r\n",
        ["First line", "Second line", "Third.", "Fourth."],
    ),
    "wide and composed letters": (
        "Ｆｕｌｌ　ｗｉｄｔｈ。 e\u0301te\u0301 ﬁn! ㎏ und ½! 中",
        ["Ｆｕｌｌ　ｗｉｄｔｈ。", "e\u0301te\u0301 ﬁn!", "㎏ und ½!", "中"],
    ),
    "markup": (
        "<p>One &amp; more.</p>\n<p>Two <b>bold</b> words.</p>",
        ["One &amp; more.", "Two <b>bold</b> words."],
    ),
    "a lone surrogate": ("One \ud800 two. Three.", ["One \ud800 two.", "Three."]),
    "nothing": ("", []),
    "white space alone": (" \r\n ", []),
}


@pytest.fixture(scope="module")
def bundled():
    with Reranker() as reranker:
        yield reranker.engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_two_segment(tmp_path_factory.mktemp("model"), has_evidence=True)


@pytest.fixture(scope="module")
def tiny(folder):
    with Reranker(str(folder), precision="fp32", scale="logit") as reranker:
        yield reranker


def encoded(engine, document):
    return engine.encode(read_candidates(QUERY, [document]))[0]


def constant_logits(document, values=None):
    """The same logit for all tokens of a row, each row's its own."""
    values = [0] * len(document.rows) if values is None else values
    return [
        np.full(len(row.ids), value, np.float32)
        for row, value in zip(document.rows, values, strict=True)
    ]


def logistic(values):
    return 1 / (1 + np.exp(-np.asarray(values, np.float64)))


@pytest.mark.parametrize(("text", "sentences"), TEXTS.values(), ids=TEXTS)
def test_spans_are_code_points_of_the_text_handed_in(bundled, text, sentences):
    for title in (None, "A title. Of its own."):
        document = encoded(bundled, Document(text, title=title))
        spans = bundled.evidence_spans(document, constant_logits(document))
        assert [text[start:end] for start, end, _ in spans] == sentences
        assert {score for *_, score in spans} <= {0.5}


@pytest.mark.parametrize(
    ("name", "word", "sentence"),
    [
        ("emoji", "them", "👩‍👩‍👧 visit them!"),
        ("emoji", "home", "Then 🏳️‍🌈 home."),
        ("CJK", "四川", "住在四川!"),
        ("CJK", "パン", "パンダは竹を食べます。"),
        ("leading white space", "Two", "Two"),
        ("Windows line ends", "line", "Second line"),
        ("Windows line ends", "Four", "Fourth."),
        ("wide and composed letters", "kg", "㎏ und ½!"),
        ("markup", "bold", "Two <b>bold</b> words."),
        ("a lone surrogate", "Three", "Three."),
    ],
)
def test_a_sentence_is_scored_by_its_own_tokens(bundled, name, word, sentence):
    packed = (resolve().folder / "tokenizer.json.gz").read_bytes()
    tokenizer = Tokenizer.from_buffer(gzip.decompress(packed))
    text, _ = TEXTS[name]
    document = encoded(bundled, Document(text, title="四川 Two line, Three kg"))
    (row,) = document.rows
    (*_, column) = (
        place for place, token in enumerate(row.ids) if tokenizer.decode([token]) == word
    )
    logits = np.full(len(row.ids), -30, np.float32)
    logits[: row.query_length] = 30  # the query says nothing of sentences
    logits[column] = 30
    best, *others = bundled.evidence_spans(document, [logits])
    assert text[best.start : best.end] == sentence
    assert best.score > 0.05
    assert all(score < 1e-6 for *_, score in others)


def test_a_sentence_has_the_mean_of_what_its_tokens_say(folder, tiny):
    text = "A cat sat. It is a big one! The end"
    ((*spans,),) = tiny.evidence(QUERY, [text])
    (row,) = encoded(tiny.engine, text).rows
    probabilities = logistic(evidence_logits(folder, list(row.ids), row.query_length))
    # The tokenizer of the tiny model gives every character a token, but for white space.
    tokens = probabilities[-1 - len(text.replace(" ", "")) : -1]
    expected = {}
    for sentence in ("A cat sat.", "It is a big one!", "The end"):
        length = len(sentence.replace(" ", ""))
        expected[sentence], tokens = tokens[:length].mean(), tokens[length:]
    assert not len(tokens)
    found = {text[span.start : span.end]: span.score for span in spans}
    assert found.keys() == expected.keys()
    for sentence, score in found.items():
        assert score == pytest.approx(expected[sentence], abs=1e-4)
    assert [span.score for span in spans] == sorted(found.values(), reverse=True)
    assert len(set(found.values())) == 3


def test_scores_are_the_same_asked_for_evidence_or_not(tiny):
    documents = ["a panda", "", "Xy za. " * 9, "a panda", "熊猫 abc。中国"]
    rows = [
        row
        for document in tiny.engine.encode(read_candidates(QUERY, documents))
        for row in document.rows
    ]
    scored, evidence = tiny.engine.score_with_evidence(rows)
    np.testing.assert_array_equal(scored.logits, tiny.engine.score(rows).logits)
    assert [len(logits) for logits in evidence] == [len(row.ids) for row in rows]
    np.testing.assert_array_equal(evidence[0], evidence[3])
    assert [len(spans) for spans in tiny.evidence(QUERY, documents)] == [1, 0, 9, 1, 2]


def test_a_sentence_of_several_passages_has_its_best_score(folder):
    sentences = [f"{number:03d} it is." for number in range(40)]
    text = " ".join(sentences)
    with Reranker(str(folder), max_tokens=120) as reranker:
        document = encoded(reranker.engine, text)
        rows = len(document.rows)
        assert rows > 3
        assert any(first.end > second.start for first, second in itertools.pairwise(document.spans))
        rising = reranker.engine.evidence_spans(document, constant_logits(document, range(rows)))
        falling = reranker.engine.evidence_spans(
            document, constant_logits(document, range(rows, 0, -1))
        )
    for spans in (rising, falling):
        assert sorted(text[start:end] for start, end, _ in spans) == sentences
    for start, end, score in rising:
        holding = [
            place
            for place, span in enumerate(document.spans)
            if span.start <= start and end <= span.end
        ]
        assert score == pytest.approx(logistic(max(holding)))
    assert rising[0].start > rising[-1].start
    assert falling[0].start == 0


def test_a_sentence_behind_the_cut_has_no_score(folder):
    text = "One is here. " * 3 + "A longer one is cut in its middle. And this is not read."
    with Reranker(str(folder), max_tokens=70, long_documents="truncate") as reranker:
        ((*spans,),) = reranker.evidence(QUERY, [text])
        document = encoded(reranker.engine, text)
    read = text[: document.spans[0].end]
    assert "A longer" in read
    assert "middle" not in read
    assert sorted(text[start:end] for start, end, _ in spans) == [
        "A longer one is cut in its middle.",
        *["One is here."] * 3,
    ]


def test_a_model_without_evidence_is_told_which_models_have_it(tmp_path):
    for write in (write_tiny_two_segment, write_tiny_xlm_roberta):
        folder = write(tmp_path / write.__name__)
        with Reranker(str(folder)) as reranker:
            assert not reranker.engine.has_evidence
            with pytest.raises(InvalidInput, match=r"The bundled model does, Reranker\(\)"):
                reranker.evidence(QUERY, ["a panda"])


def test_a_document_without_a_number_is_named_and_the_others_keep_their_scores(folder):
    documents = ["a panda", "one that is too long", "a bear"]
    longest = 0

    def fault(batch):
        return "out_of_memory" if batch.lengths.max() > longest else None

    faulty = Reranker(str(folder), scale="logit")
    faulty.engine.close()
    faulty.engine = tiny_engine_of(folder, fault)
    assert faulty.engine.has_evidence
    longest = max(
        len(encoded(faulty.engine, document).rows[0].ids) for document in ("a panda", "a bear")
    )
    with pytest.raises(BackendFailed, match=r"documents\[1\]") as failed:
        faulty.evidence(QUERY, documents)
    scores: list[Any] = list(failed.value.scores)
    assert scores[1] is None
    assert np.isfinite([scores[0], scores[2]]).all()


def test_the_logits_of_a_run_with_evidence_are_remembered(folder):
    with ScoreCache() as cache, Reranker(str(folder), cache=cache) as reranker:
        reranker.evidence(QUERY, ["a panda", "a bear"])
        assert len(cache) == 2
        assert len(reranker.evidence(QUERY, ["a panda"])[0]) == 1
