"""A query is learnt from, steered by or measured: never two of these."""

from __future__ import annotations

import pytest
from support.tiny_field import groups_of, write_field, write_lines

from jingpai.errors import InvalidInput
from jingpai.training.groups import query_key
from jingpai.training.split import split


def keys(groups):
    return {query_key(group.query) for group in groups}


@pytest.mark.parametrize("seed", range(3))
def test_no_query_is_in_two_parts_and_none_is_lost(tmp_path, seed):
    groups = groups_of(write_field(tmp_path / "a.csv", queries=40))
    parts = split(groups, None, held_out=0.2, seed=seed)
    assert [len(part) for part in parts[:3]] == [32, 4, 4]
    train, check, measured = map(keys, parts[:3])
    assert train | check | measured == keys(groups)
    assert not (train & check or train & measured or check & measured)
    assert parts == split(groups, None, held_out=0.2, seed=seed)


def test_spellings_of_one_query_stay_together(tmp_path):
    lines = [
        {"query": spelling, "pos": ["p"], "neg": ["n"]}
        for n in range(20)
        for spelling in (f"What is {n}", f"what  is {n} ", f"Ｗｈａｔ IS {n}")
    ]
    groups = groups_of(write_lines(tmp_path / "a.jsonl", *lines))
    parts = split(groups, None, held_out=0.3, seed=0)
    train, check, measured = map(keys, parts[:3])
    assert not (train & check or train & measured or check & measured)
    assert [len(part) for part in parts[:3]] == [42, 9, 9]


def test_queries_of_the_test_file_are_taken_out_of_the_rest(tmp_path):
    groups = groups_of(write_field(tmp_path / "a.csv", queries=30))
    parts = split(groups, groups[:10], held_out=0.2, seed=0)
    assert parts.measured == groups[:10]
    assert parts.dropped == 10
    assert not keys(parts.measured) & (keys(parts.train) | keys(parts.check))
    assert (len(parts.train), len(parts.check)) == (16, 4)


def test_a_test_file_that_asks_everything_is_refused(tmp_path):
    groups = groups_of(write_field(tmp_path / "a.csv", queries=12))
    with pytest.raises(InvalidInput, match=r"--test: it asks 12 of the 12 queries"):
        split(groups, groups, held_out=0.2, seed=0)
