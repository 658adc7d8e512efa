from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jingpai.tokens.batching import plan_batches


@given(st.lists(st.integers(1, 600)), st.integers(1, 5000))
def test_every_row_stands_in_exactly_one_group_within_the_budget(lengths, budget):
    groups = plan_batches(lengths, budget=budget)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        padded = len(group) * max(lengths[index] for index in group)
        assert padded <= budget or len(group) == 1


@given(st.lists(st.integers(1, 600), min_size=1), st.integers(1, 5000))
def test_the_longest_rows_come_first(lengths, budget):
    flat = [index for group in plan_batches(lengths, budget=budget) for index in group]
    assert flat == sorted(range(len(lengths)), key=lambda index: -lengths[index])


def test_rows_of_similar_length_share_a_group():
    assert plan_batches([10, 100, 12, 90], budget=200) == [[1, 3], [2, 0]]


def test_nothing_makes_no_group():
    assert plan_batches([], budget=100) == []
