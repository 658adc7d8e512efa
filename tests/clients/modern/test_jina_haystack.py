"""Haystack's ranker for Jina, which needs the model and the usage beside the results."""

import asyncio

import pytest
from haystack import Document
from haystack.utils import Secret
from haystack_integrations.components.rankers.jina import JinaRanker

MODEL = "jina-reranker-v2-base-multilingual"


def ranker(asked, key=None, **options):
    secret = Secret.from_token(key or asked.key)
    return JinaRanker(base_url=f"{asked.url}/v1/rerank", api_key=secret, model=MODEL, **options)


@pytest.fixture
def documents(asked):
    return [Document(content=text) for text in asked.documents]


def check(asked, reply, *, kept):
    asked.check_texts(((one.content, one.score) for one in reply["documents"]), kept=kept)
    assert reply["meta"]["model"] == asked.model
    assert reply["meta"]["usage"]["total_tokens"] > 0


def test_documents_are_ranked(asked, documents):
    check(asked, ranker(asked).run(asked.query, documents), kept=5)


def test_the_best_are_kept(asked, documents):
    check(asked, ranker(asked, top_k=3).run(asked.query, documents), kept=3)


def test_those_above_a_threshold_are_kept(asked, documents):
    check(asked, ranker(asked, score_threshold=0.5).run(asked.query, documents), kept=2)


def test_documents_are_ranked_asynchronously(asked, documents):
    check(asked, asyncio.run(ranker(asked).run_async(asked.query, documents)), kept=5)


def test_a_wrong_key_is_told(asked, documents):
    with pytest.raises(RuntimeError, match="key"):
        ranker(asked, "wrong").run(asked.query, documents)
