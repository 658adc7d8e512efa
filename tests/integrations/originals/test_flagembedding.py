"""The same calls to the original and to jingpai.compat: the same scores."""

from __future__ import annotations

import pytest
from FlagEmbedding import FlagReranker as Original

from jingpai.compat import FlagReranker

PAIRS = [
    ["what is a panda?", "a bear"],
    ["what is a panda?", "大人 在 上海"],
    ["hi", "the train leaves at noon"],
    ["what is a panda?", "x" * 300],  # over the limit: cut
]
LONG_QUERIES = [
    ["q" * 90, "a bear"],  # over three quarters of the limit: cut
    ["q" * 300, "x" * 300],
    ["q" * 76, "bamboo"],
    ["", "a bear"],
]
CALLS = {
    "logits": {"sentence_pairs": PAIRS},
    "tuples": {"sentence_pairs": [tuple(pair) for pair in PAIRS]},
    "normalised": {"sentence_pairs": PAIRS, "normalize": True},
    "one pair": {"sentence_pairs": PAIRS[0]},
    "a shorter limit": {"sentence_pairs": PAIRS, "max_length": 40},
    "ignored settings": {"sentence_pairs": PAIRS, "batch_size": 2, "query_max_length": 30},
    "long queries": {"sentence_pairs": LONG_QUERIES},
    "a limit for queries": {"sentence_pairs": LONG_QUERIES, "query_max_length": 20},
}


@pytest.fixture(scope="module")
def both(folder):
    settings = {"max_length": 100, "devices": "cpu"}
    return Original(str(folder), **settings), FlagReranker(str(folder), **settings)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_compute_score_gives_what_the_original_gives(both, call):
    theirs, ours = (model.compute_score(**call) for model in both)
    assert type(ours) is type(theirs) is list
    assert ours == pytest.approx(theirs, abs=1e-5)
    assert {type(score) for score in ours} == {float}


def test_normalised_scores_may_be_the_default(folder):
    settings = {"max_length": 100, "devices": ["cpu"], "normalize": True}
    theirs, ours = (model(str(folder), **settings) for model in (Original, FlagReranker))
    assert ours.compute_score(PAIRS) == pytest.approx(theirs.compute_score(PAIRS), abs=1e-5)


def test_a_limit_over_the_model_s_scores_what_fits_as_the_original_does(folder):
    theirs, ours = (model(str(folder), devices="cpu") for model in (Original, FlagReranker))
    pairs = [*PAIRS[:3], ["q" * 110, "a bear"]]
    assert ours.compute_score(pairs) == pytest.approx(theirs.compute_score(pairs), abs=1e-5)


def test_the_page_runs(run_page):
    (scores,) = run_page("FlagEmbedding")
    assert scores.startswith("[0.")
