from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jingpai.tokens.batching import BatchSize, plan_batches, shortest_worth_padding


@given(st.lists(st.integers(1, 600)), st.integers(1, 5000), st.floats(0, 1))
def test_every_row_stands_in_exactly_one_group_within_the_budget(lengths, budget, weight):
    groups = plan_batches(lengths, budget=budget, padding_weight=weight)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        size = BatchSize((lengths[index] for index in group), padding_weight=weight)
        assert size.tokens <= budget or len(group) == 1


@given(st.lists(st.integers(1, 600), min_size=1), st.integers(1, 5000))
def test_the_longest_rows_come_first(lengths, budget):
    flat = [index for group in plan_batches(lengths, budget=budget) for index in group]
    assert flat == sorted(range(len(lengths)), key=lambda index: -lengths[index])


def test_padding_counts_by_its_weight():
    sizes = [BatchSize([90, 10, 10], padding_weight=weight).tokens for weight in (0.0, 0.25, 1.0)]
    assert sizes == [110, 150, 270]
    assert BatchSize(padding_weight=1.0).tokens == 0


def test_a_row_is_worth_its_padding_down_to_a_length():
    for weight, shortest in ((1.0, 80), (0.25, 50), (0.0, 0)):
        assert shortest_worth_padding(100, padding_weight=weight, most_waste=0.25) == shortest


def test_rows_of_any_length_share_a_group_where_padding_counts_nothing():
    assert plan_batches([10, 100, 12, 90], budget=212, padding_weight=0.0) == [[1, 3, 2, 0]]


def test_rows_of_similar_length_share_a_group():
    assert plan_batches([10, 100, 12, 90], budget=200) == [[1, 3], [2, 0]]


def test_nothing_makes_no_group():
    assert plan_batches([], budget=100) == []
