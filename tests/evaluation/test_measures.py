"""Measures agree with trec_eval's own code, reached without ir-measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jingpai.errors import InvalidInput

pytrec_eval = pytest.importorskip("pytrec_eval")

from jingpai.evaluation.measures import measure  # noqa: E402

MEASURES = {
    "nDCG@3": "ndcg_cut_3",
    "recall@3": "recall_3",
    "precision@3": "P_3",
    "nDCG@10": "ndcg_cut_10",
    "recall@10": "recall_10",
    "precision@10": "P_10",
    "MAP": "map",
}

PLAIN = (
    [{"a": 1, "b": 0, "c": 2}, {"d": 1, "e": 3, "x": 2}],
    [{"a": 3.0, "b": 2.0, "c": 1.0}, {"d": 0.1, "e": 0.2, "f": 0.9, "g": 0.5}],
)
TIES = (
    # Of equal scores trec_eval takes the greater id first, and it reads them as float32.
    [{"a": 1, "z": 1}, {"m": 2, "n": 1}, {"a": 1}],
    [
        {"a": 1.0, "b": 1.0, "c": 1.0, "z": 0.5},
        {"m": 0.1 + 1e-12, "n": 0.1, "o": 0.1, "p": 0.1},
        {"a": 1e-9, "b": 0.0, "c": -0.0},
    ],
)
EDGES = (
    # Nothing relevant; a relevant document that was not found; negative scores and grades; a query
    # with nothing found at all; more documents than any cut.
    [
        {"a": 0},
        {"x": 1, "a": 1},
        {"a": -1, "b": 2},
        {"a": 1},
        {f"d{n}": 1 for n in range(0, 40, 7)},
    ],
    [
        {"a": 1.0, "b": 0.5},
        {"a": -3.0, "b": -2.0, "c": -10.0},
        {"a": 9.0, "b": -9.0},
        {},
        {f"d{n}": (n * 7919 % 41) / 3 - 5 for n in range(40)},
    ],
)


@pytest.mark.parametrize(("judgements", "runs"), [PLAIN, TIES, EDGES])
def test_each_query_has_what_trec_eval_says(judgements, runs):
    names = [str(number) for number in range(len(runs))]
    evaluator = pytrec_eval.RelevanceEvaluator(
        dict(zip(names, judgements, strict=True)),
        {"ndcg_cut.3,10", "recall.3,10", "P.3,10", "map", "recip_rank"},
    )
    expected = evaluator.evaluate({n: run for n, run in zip(names, runs, strict=True) if run})
    found = measure(judgements, runs, at=(3, 10))
    for place, name in enumerate(names):
        reference = expected.get(name, {})
        for ours, theirs in MEASURES.items():
            assert found[ours][place] == pytest.approx(reference.get(theirs, 0.0), abs=1e-6)
        # trec_eval has no cut for the reciprocal rank: below it, nothing is found.
        whole = reference.get("recip_rank", 0.0)
        for cut in (3, 10):
            expected_rank = whole if whole >= 1 / cut else 0.0
            assert found[f"MRR@{cut}"][place] == pytest.approx(expected_rank, abs=1e-6)


def test_numbers_worked_out_by_hand():
    found = measure([{"a": 1, "z": 2}], [{"a": 1.0, "b": 1.0, "c": 1.0, "d": -3.0}], at=(3,))
    # The order is c, b, a, d: the only relevant one found is third, and the better one is missing.
    assert found["MRR@3"][0] == pytest.approx(1 / 3)
    assert found["MAP"][0] == pytest.approx(1 / 3 / 2)
    assert found["recall@3"][0] == pytest.approx(1 / 2)
    assert found["precision@3"][0] == pytest.approx(1 / 3)
    assert found["nDCG@3"][0] == pytest.approx((1 / 2) / (2 + 1 / 1.5849625007), abs=1e-9)


def test_a_cut_below_one_is_refused():
    with pytest.raises(InvalidInput, match="whole numbers from 1"):
        measure([{"a": 1}], [{"a": 1.0}], at=(0,))


RUN = {"a": 2.0, "b": 1.0}


def test_grades_below_0_count_as_0_even_where_there_are_no_others():
    junk, plain, other = {"a": -2, "b": -2}, {"a": 0, "b": 0}, {"b": 1}
    found = measure([junk, other], [RUN, RUN])
    expected = measure([plain, other], [RUN, RUN])
    assert {name: list(values) for name, values in found.items()} == {
        name: list(values) for name, values in expected.items()
    }


@pytest.mark.parametrize("grade", [10**6 + 1, 2**31 - 1, 2**31, 2**63, 10**30, 1.5, "1", None])
def test_a_grade_that_trec_eval_cannot_count_is_refused(grade):
    with pytest.raises(InvalidInput, match=r"judgements: got "):
        measure([{"a": grade}], [RUN])


def test_the_largest_grade_and_numbers_of_numpy_count():
    of_numpy: Any = {"a": np.int64(10**6), "b": np.int8(-3)}
    assert measure([of_numpy], [RUN])["nDCG@10"] == [1]


@pytest.mark.parametrize("name", ["a\udc80", "a\0b", "", "中"])
def test_a_document_of_any_name_is_found(name):
    values = measure([{name: 1}], [{"a\0c": 2.0, name: 1.0}])
    assert values["MRR@10"] == [0.5]


@pytest.mark.parametrize("score", [float("nan"), 10**400, "1", None])
def test_a_score_that_is_no_number_is_refused(score):
    with pytest.raises(InvalidInput, match=r"runs: document 'a' has the score"):
        measure([{"a": 1}], [{"a": score}])


def test_a_cut_that_c_cannot_hold_is_refused():
    with pytest.raises(InvalidInput, match=r"at: got .* to 2147483647"):
        measure([{"a": 1}], [RUN], at=(2**31,))
