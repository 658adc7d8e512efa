"""Whatever `Reranker` is handed, it ranks it, or says in an error of its own what is wrong."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.hostile.values import (
    anything,
    document_lists,
    documents,
    hostile,
    readable_queries,
    result_or_error,
    texts,
)

from jingpai import Document, InputTooLong, InvalidInput, JingpaiError, Ranking, Reranker
from jingpai.explain.explanation import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Of a score, where the same pair stands in a batch of another shape.
CLOSE = 2e-6

CUTS = st.none() | st.sampled_from((1, 2, 3, 7, 10**30, True + 1))
THRESHOLDS = st.none() | st.sampled_from((0, 0.5, 1, -1e308, 10**400, -(10**400), float("-inf")))


def text_of(document: Any) -> str:
    if isinstance(document, Document):
        return document.text
    return document if isinstance(document, str) else document["text"]


def check_ranking(ranking: Ranking, documents: Sequence[Any]) -> None:
    """Each document at most once, under its index and as it was handed in, best first."""
    indices = [found.index for found in ranking]
    assert len(set(indices)) == len(indices)
    assert [(-found.score, found.index) for found in ranking] == sorted(
        (-found.score, found.index) for found in ranking
    )
    for found in ranking:
        assert found.document is documents[found.index]
        assert found.text == text_of(documents[found.index])
        assert 0 <= found.span.start <= found.span.end <= len(found.text)
        assert 0 <= found.score <= 1
        assert found.passages >= 1


@hostile(share=0.05)
@given(query=readable_queries, documents=document_lists, top_k=CUTS, threshold=THRESHOLDS)
def test_each_document_comes_back_once_and_best_first(
    reranker: Reranker, query, documents, top_k, threshold
):
    ranking = reranker.rank(query, documents)
    check_ranking(ranking, documents)
    assert sorted(found.index for found in ranking) == list(range(len(documents)))
    cut = reranker.rank(query, documents, top_k=top_k, threshold=threshold)
    kept = [found for found in ranking if threshold is None or found.score >= threshold]
    assert list(cut) == kept[:top_k]


@hostile(share=0.04)
@given(query=readable_queries, documents=document_lists, seed=st.integers(0, 99))
def test_a_score_does_not_depend_on_the_order_or_on_the_call(
    reranker: Reranker, query, documents, seed
):
    order = list(range(len(documents)))
    random.Random(seed).shuffle(order)
    scores = reranker.score(query, documents)
    moved = reranker.score(query, [documents[index] for index in order])
    assert moved == pytest.approx([scores[index] for index in order], abs=CLOSE)
    ranking = reranker.rank(query, documents)
    assert {found.index: found.score for found in ranking} == dict(enumerate(scores))
    many = reranker.rank_many([query, "bear"], [documents, documents[:2]])
    assert [len(ranking) for ranking in many] == [len(documents), len(documents[:2])]
    for found in many[0]:
        assert found.score == pytest.approx(scores[found.index], abs=CLOSE)


@hostile(share=0.02)
@given(query=texts, documents=document_lists)
def test_any_text_is_a_query_or_is_refused_as_one(reranker: Reranker, query, documents):
    found = result_or_error(lambda: reranker.rank(query, documents))
    if isinstance(found, JingpaiError):
        assert isinstance(found, InvalidInput)
        assert isinstance(found, InputTooLong) or str(found).startswith("query ")
    else:
        check_ranking(found, documents)


ARGUMENTS = ("query", "documents", "top_k", "threshold")


@hostile(share=0.06)
@given(name=st.sampled_from(ARGUMENTS), value=anything)
def test_an_argument_of_another_kind_ranks_or_is_refused_by_its_name(
    reranker: Reranker, name, value
):
    arguments = {"query": "what is a panda", "documents": ["a bear", {"text": ""}], name: value}
    found = result_or_error(lambda: reranker.rank(**arguments))
    if isinstance(found, JingpaiError):
        assert isinstance(found, InvalidInput)
        assert name in str(found)
    else:
        assert isinstance(found, Ranking)


@hostile(share=0.04)
@given(given=st.lists(documents, max_size=3), place=st.integers(0, 3), value=anything)
def test_a_document_of_another_kind_is_ranked_or_refused_by_its_index(
    reranker: Reranker, given, place, value
):
    place = min(place, len(given))
    mixed = [*given[:place], value, *given[place:]]
    found = result_or_error(lambda: reranker.rank("what is a panda", mixed))
    if isinstance(found, JingpaiError):
        assert isinstance(found, InvalidInput)
        assert str(found).startswith(f"documents[{place}]")
    else:
        check_ranking(found, mixed)


@hostile(share=0.04)
@given(queries=anything, lists=anything, is_whole=st.booleans(), many=st.booleans())
def test_many_queries_of_another_kind_are_ranked_or_refused(
    reranker: Reranker, queries, lists, is_whole, many
):
    queries = queries if is_whole else [queries]
    lists = lists if many else [lists]
    calls: list[Callable[..., Any]] = [reranker.rank_many, reranker.score]
    for call in calls:
        found = result_or_error(partial(call, queries, lists))
        if isinstance(found, JingpaiError):
            assert isinstance(found, InvalidInput)
            assert any(word in str(found) for word in ("quer", "documents"))


FORMS: dict[str, Callable[..., Any]] = {
    "a list": list,
    "a tuple": tuple,
    "a generator": lambda given: (document for document in given),
    "values of a dictionary": lambda given: dict(enumerate(given)).values(),
    "a column of pandas": lambda given: __import__("pandas").Series(given, dtype=object),
    "an array": lambda given: __import__("numpy").array([*given, None], dtype=object)[:-1],
}


@hostile(share=0.02)
@given(given=document_lists, form=st.sampled_from(sorted(FORMS)))
def test_a_list_in_any_form_is_the_same_list(reranker: Reranker, given, form):
    expected = reranker.score("what is a panda", given)
    assert reranker.score("what is a panda", FORMS[form](given)) == expected


@hostile(share=0.01)
@given(query=texts, given=document_lists)
def test_what_can_be_ranked_can_be_explained(reranker: Reranker, query, given):
    found = result_or_error(lambda: explain(reranker, query, given))
    if isinstance(found, JingpaiError):
        assert isinstance(found, InvalidInput)
        return
    assert sorted(each.ranked.index for each in found.documents) == list(range(len(given)))
    assert sorted(each.before for each in found.documents) == list(range(len(given)))
    for each in found.documents:
        for sentence in each.sentences:
            assert 0 <= sentence.span.start < sentence.span.end <= len(each.ranked.text)


@hostile(share=0.01)
@given(given=document_lists)
def test_a_cache_changes_no_score(tiny_folder, reranker: Reranker, given):
    assume(given)
    from jingpai import ScoreCache

    with Reranker(tiny_folder, precision="fp32", threads=1, cache=ScoreCache(size=3)) as cached:
        for _ in range(2):
            scores = cached.score("what is a panda", given)
            assert scores == pytest.approx(reranker.score("what is a panda", given), abs=CLOSE)
