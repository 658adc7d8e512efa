"""A long document is learnt from by the passage that the parent finds best."""

from __future__ import annotations

import pytest
from support.tiny_field import groups_of, write_lines

from jingpai import Reranker
from jingpai.errors import InputTooLong
from jingpai.text.fields import read_candidates
from jingpai.training.examples import make_examples

FILLER = "The committee met again and talked about nothing in particular. "
ANSWER = "The capital of France is Paris."


@pytest.fixture(scope="module")
def reranker():
    with Reranker() as reranker:
        yield reranker


def groups(tmp_path, *first):
    rest = [{"query": f"q{n}", "pos": ["p"], "neg": ["n"]} for n in range(10)]
    return groups_of(write_lines(tmp_path / "a.jsonl", *first, *rest))


def test_the_passage_with_the_answer_speaks_for_a_long_document(tmp_path, reranker):
    long = FILLER * 60 + ANSWER + " " + FILLER * 20
    query = "What is the capital of France?"
    (group,) = groups(tmp_path, {"query": query, "pos": [long], "neg": [FILLER, FILLER * 50]})[:1]
    (example,) = make_examples([group], reranker.engine)
    passages = reranker.engine.encode(read_candidates(query, [long]))[0].rows
    (found,) = reranker.rank(query, [long])
    assert len(passages) > 3
    assert ANSWER in found.passage
    assert example.rows[0] in passages[1:]
    assert example.rows[0] == max(passages, key=lambda row: reranker.engine.score([row]).logits[0])
    assert example.rows[1] == reranker.engine.encode(read_candidates(query, [FILLER]))[0].rows[0]
    assert len(example.rows) == 3


def test_a_query_that_leaves_no_room_is_named(tmp_path, reranker):
    (group,) = groups(tmp_path, {"query": "long " * 600, "pos": ["a"], "neg": ["b"]})[:1]
    with pytest.raises(
        InputTooLong, match=r"a\.jsonl:1: query '1', 'long long .*…: query: \d+ tokens"
    ):
        make_examples([group], reranker.engine)
