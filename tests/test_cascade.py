"""Two readers: the second one's word counts for what it has read, and the result says so."""

from __future__ import annotations

import pytest
from support.tiny_models import write_tiny_xlm_roberta

from jingpai import BackendFailed, Cascade, Document, InvalidInput, Reranker

QUERY = "what is a panda"
DOCUMENTS = ["the giant bear eats bamboo", "hi", "a panda is a bear", "bamboo", "it eats", "panda"]


@pytest.fixture(scope="module")
def first(tiny_folder):
    with Reranker(tiny_folder) as reranker:
        yield reranker


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    with Reranker(write_tiny_xlm_roberta(tmp_path_factory.mktemp("second"), seed=7)) as reranker:
        yield reranker


def test_the_second_model_orders_the_top_of_the_first(first, second):
    kept = [document.index for document in first.rank(QUERY, DOCUMENTS)]
    ranking = Cascade(first, second, keep=3).rank(QUERY, DOCUMENTS)
    own = second.score(QUERY, DOCUMENTS)
    assert [document.index for document in ranking] == [
        *sorted(kept[:3], key=lambda index: -own[index]),
        *kept[3:],
    ]
    assert [document.score for document in ranking[:3]] == pytest.approx(
        sorted((own[index] for index in kept[:3]), reverse=True), abs=1e-6
    )


def test_every_document_names_the_model_that_scored_it(first, second):
    ranking = Cascade(first, second, keep=2).rank(QUERY, DOCUMENTS)
    assert [document.model for document in ranking] == [second.model] * 2 + [first.model] * 4
    assert ranking.model == f"{first.model}, {second.model}"


def test_scores_come_in_input_order_with_their_models(first, second):
    cascade = Cascade(first, second, keep=2)
    scores = cascade.score(QUERY, DOCUMENTS)
    ranking = cascade.rank(QUERY, DOCUMENTS)
    assert len(scores) == len(DOCUMENTS)
    for document in ranking:
        assert scores[document.index] == document.score
        assert scores.models[document.index] == document.model


def test_the_very_objects_come_back(first, second):
    given = [Document(text, id=str(index)) for index, text in enumerate(DOCUMENTS)]
    for document in Cascade(first, second, keep=3).rank(QUERY, given):
        assert document.document is given[document.index]


def test_without_a_limit_the_order_is_the_second_model_s_own(first, second):
    ranking = Cascade(first, second, keep=None).rank(QUERY, DOCUMENTS)
    assert [d.index for d in ranking] == [d.index for d in second.rank(QUERY, DOCUMENTS)]


def test_a_threshold_speaks_of_the_second_model_only(first, second):
    cascade = Cascade(first, second, keep=4)
    reread = cascade.rank(QUERY, DOCUMENTS)[:4]
    found = cascade.rank(QUERY, DOCUMENTS, threshold=reread[1].score)
    assert found.documents == reread[:2]


def test_a_budget_that_is_spent_leaves_the_first_order(first, second):
    ranking = Cascade(first, second, budget_s=1e-9).rank(QUERY, DOCUMENTS)
    assert [d.index for d in ranking] == [d.index for d in first.rank(QUERY, DOCUMENTS)]
    assert {document.model for document in ranking} == {first.model}


def test_a_budget_that_suffices_changes_nothing(first, second):
    unhurried = Cascade(first, second).rank(QUERY, DOCUMENTS)
    ranking = Cascade(first, second, budget_s=3600).rank(QUERY, DOCUMENTS)
    assert [d.index for d in ranking] == [d.index for d in unhurried]
    assert {document.model for document in ranking} == {second.model}


def test_none_and_one_document_are_fine(first, second):
    cascade = Cascade(first, second)
    assert len(cascade.rank(QUERY, [])) == 0
    assert cascade.rank(QUERY, iter(["hi"]))[0].model == second.model


def test_what_the_second_model_cannot_score_keeps_the_first_one_s_score(first, broken_folder):
    documents = ["hi", "panda", "a Z"]
    with Reranker(broken_folder) as broken:
        cascade = Cascade(first, broken)
        with pytest.warns(RuntimeWarning, match=r"could not read documents\[2\], which keep"):
            ranking = cascade.rank(QUERY, documents)
    assert sorted(document.index for document in ranking) == [0, 1, 2]
    assert (ranking[2].index, ranking[2].model) == (2, first.model)
    assert ranking[2].score == pytest.approx(first.score(QUERY, documents)[2], abs=1e-6)


def test_a_second_model_that_cannot_run_is_an_error(first, tmp_path):
    closed = Reranker(write_tiny_xlm_roberta(tmp_path))
    closed.close()
    with pytest.raises(BackendFailed, match="closed"):
        Cascade(first, closed).rank(QUERY, DOCUMENTS)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"keep": 0}, "keep: got 0"),
        ({"keep": 2.5}, "keep: got 2.5"),
        ({"budget_s": 0}, "budget_s: got 0"),
        ({"budget_s": float("nan")}, "budget_s: got nan"),
        ({"budget_s": "1"}, "budget_s: got '1'"),
    ],
)
def test_settings_out_of_range_are_named(first, second, settings, message):
    with pytest.raises(InvalidInput, match=message):
        Cascade(first, second, **settings)


@pytest.mark.parametrize("cut", [{"top_k": 0}, {"top_k": -1}, {"threshold": float("nan")}])
def test_a_cut_out_of_range_is_named(first, second, cut):
    with pytest.raises(InvalidInput, match=next(iter(cut))):
        Cascade(first, second).rank(QUERY, DOCUMENTS, **cut)


def test_two_scales_do_not_mix(first, tiny_folder):
    with (
        Reranker(tiny_folder, scale="logit") as logits,
        pytest.raises(InvalidInput, match="'sigmoid', the second 'logit'"),
    ):
        Cascade(first, logits)


def test_both_models_are_given_back(tiny_folder):
    one, two = Reranker(tiny_folder), Reranker(tiny_folder)
    with Cascade(one, two):
        pass
    for reranker in (one, two):
        with pytest.raises(BackendFailed, match="closed"):
            reranker.score(QUERY, ["hi"])
