"""A ranking with its reasons, by the bundled models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jingpai.embedder import Embedder
from jingpai.explain.demo_cases import CASES
from jingpai.explain.explanation import explain
from jingpai.first_stage.order import best
from jingpai.reranker import Reranker
from jingpai.types import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY = "what does a giant panda eat?"
DOCUMENTS: list[str | Document] = [
    "The train leaves at noon. Tickets are sold at the gate.",
    "<p>It rains in May.</p> Bamboo is nearly all that a giant panda eats. 😀 It sleeps a lot.",
    Document("大熊猫以竹子为食。", title="大熊猫"),
    "",
]


@pytest.fixture(scope="module")
def reranker() -> Iterator[Reranker]:
    with Reranker() as found:
        yield found


@pytest.fixture(scope="module")
def embedder() -> Iterator[Embedder]:
    with Embedder() as found:
        yield found


def test_the_order_is_that_of_the_ranking_and_names_what_was_before(reranker, embedder):
    explanation = explain(reranker, QUERY, DOCUMENTS, embedder=embedder)
    ranking = reranker.rank(QUERY, DOCUMENTS)
    assert [one.ranked for one in explanation.documents] == list(ranking)
    assert (explanation.by, explanation.model, explanation.scale) == (
        *("similarity", reranker.model, "sigmoid"),
    )
    similarities = [
        one.first_stage for one in sorted(explanation.documents, key=lambda one: one.ranked.index)
    ]
    query = embedder.embed_queries([QUERY])[0]
    assert similarities == pytest.approx((embedder.embed_passages(DOCUMENTS) @ query).tolist())
    for one in explanation.documents:
        assert one.before == best(similarities).tolist().index(one.ranked.index)


def test_a_sentence_has_the_score_that_it_has_as_a_document(reranker):
    explanation = explain(reranker, QUERY, DOCUMENTS)
    assert explanation.by == "bm25"
    by_index = {one.ranked.index: one for one in explanation.documents}
    panda = by_index[1]
    texts = [panda.ranked.text[one.span.start : one.span.end] for one in panda.sentences]
    assert texts[1] == "Bamboo is nearly all that a giant panda eats."
    scores = reranker.score(QUERY, texts)
    assert [one.score for one in panda.sentences] == pytest.approx(scores, abs=1e-5)
    assert panda.best == panda.sentences[1]
    # Under its title.
    assert by_index[2].sentences[0].score == pytest.approx(by_index[2].ranked.score, abs=1e-5)
    assert by_index[3].sentences == ()
    assert by_index[3].best is None


def test_the_demo_cases_are_sentences_that_move(reranker, embedder):
    for case in CASES:
        explanation = explain(reranker, case.query, case.documents, embedder=embedder)
        assert any(one.before != place for place, one in enumerate(explanation.documents))
        assert all(one.sentences for one in explanation.documents)
