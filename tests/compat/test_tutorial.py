"""The signature of tutorials for BGE-Reranker-v2-m3."""

from __future__ import annotations

import pytest

from jingpai import BGEM3Reranker, Reranker
from jingpai.errors import InvalidInput

QUERY = "what is a panda?"
DOCS = ["a bear that eats bamboo", "hi", "bamboo " * 60]


@pytest.fixture(scope="module")
def reranker(tiny_folder) -> BGEM3Reranker:
    return BGEM3Reranker(str(tiny_folder), max_length=64, batch_size=2, device="cpu")


def test_scores_are_those_of_the_library_in_input_order(reranker, tiny_folder):
    assert reranker.rerank(QUERY, DOCS) == pytest.approx(
        Reranker(tiny_folder, max_tokens=64).score(QUERY, DOCS)
    )


def test_a_list_of_queries_gives_a_list_of_lists(reranker):
    both = reranker.rerank([QUERY, "hi"], [DOCS, DOCS[:1]])
    assert both[0] == pytest.approx(reranker.rerank(QUERY, DOCS))
    assert both[1] == pytest.approx(reranker.rerank("hi", DOCS[:1]))


def test_full_precision_is_float32(tiny_folder):
    exact = BGEM3Reranker(str(tiny_folder), use_fp16=False, max_length=64)
    assert exact.rerank(QUERY, DOCS) == pytest.approx(
        Reranker(tiny_folder, precision="fp32", max_tokens=64).score(QUERY, DOCS)
    )


@pytest.mark.parametrize("setting", ["max_length", "batch_size"])
@pytest.mark.parametrize("value", [0, 1.5, True])
def test_settings_that_cannot_be_used_are_refused(tiny_folder, setting, value):
    with pytest.raises(InvalidInput, match=setting):
        BGEM3Reranker(str(tiny_folder), **{setting: value})
