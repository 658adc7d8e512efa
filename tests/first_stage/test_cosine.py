"""The order by vectors, and the best by their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.embedder import Embedder
from jingpai.first_stage import cosine
from jingpai.first_stage.order import best

if TYPE_CHECKING:
    from jingpai.types import DocumentLike

SCORES = st.lists(st.integers(-3, 3), max_size=20)


@given(SCORES, st.integers(0, 25))
def test_the_best_few_are_the_first_of_all_in_order(scores, count):
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    assert best(scores).tolist() == order
    assert best(scores, count=count).tolist() == order[:count]


def unit_vectors(count: int, *, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [0, 1, 7, 40, 99])
def test_the_nearest_are_those_of_the_whole_product(count):
    queries, passages = unit_vectors(5, seed=1), unit_vectors(40, seed=2)
    passages[[3, 30]] = queries[0]  # equals
    found = list(cosine.nearest(queries, passages, count=count))
    assert len(found) == len(queries)
    for query, (places, cosines) in zip(queries, found, strict=True):
        expected = passages @ query
        assert cosines == pytest.approx(np.sort(expected)[::-1][:count], abs=1e-6)
        assert expected[places] == pytest.approx(cosines, abs=1e-6)
    assert found[0].places[:2].tolist() == [3, 30][: min(count, 2)]


def test_blocks_make_no_difference():
    queries, passages = unit_vectors(5, seed=1), unit_vectors(40, seed=2)
    whole = [found.places.tolist() for found in cosine.nearest(queries, passages, count=9)]
    found = cosine.nearest(queries, passages, count=9, cosines_at_once=80)
    assert [one.places.tolist() for one in found] == whole


def test_a_corpus_without_passages_has_none_that_are_near():
    (found,) = cosine.nearest(unit_vectors(1, seed=1), unit_vectors(0, seed=1), count=3)
    assert found.places.tolist() == found.scores.tolist() == []


def test_similarities_are_the_products_of_vectors():
    documents: list[DocumentLike] = ["Bamboo is all that it eats.", {"text": "雨", "title": "天气"}]
    with Embedder() as embedder:
        found = cosine.similarities(embedder, "what does a panda eat", documents=documents)
        (query,) = embedder.embed_queries(["what does a panda eat"])
        assert found == pytest.approx((embedder.embed_passages(documents) @ query).tolist())
    assert all(type(one) is float for one in found)
