"""Haystack's ranker for vLLM."""

import asyncio

import pytest
from haystack import Document
from haystack.utils import Secret
from haystack_integrations.components.rankers.vllm import VLLMRanker


def ranker(asked, key=None, *, path="/v1", **options):
    secret = Secret.from_token(key or asked.key)
    return VLLMRanker(
        model="BAAI/bge-reranker-base", api_base_url=asked.url + path, api_key=secret, **options
    )


@pytest.fixture
def documents(asked):
    return [Document(content=text) for text in asked.documents]


def check(asked, reply, *, kept=5):
    asked.check_texts(((one.content, one.score) for one in reply["documents"]), kept=kept)
    assert reply["meta"]["model"] == asked.model
    assert reply["meta"]["usage"]["total_tokens"] > 0


@pytest.mark.parametrize("path", ["", "/v1", "/v2"])
def test_documents_are_ranked(asked, documents, path):
    check(asked, ranker(asked, path=path).run(asked.query, documents))


def test_the_best_are_kept(asked, documents):
    options = {"truncate_prompt_tokens": 256, "truncation_side": "right", "priority": 0}
    reply = ranker(asked, top_k=3, extra_parameters=options).run(asked.query, documents)
    check(asked, reply, kept=3)


def test_raw_scores_are_logits(asked, documents):
    options = {"use_activation": False}
    reply = ranker(asked, extra_parameters=options).run(asked.query, documents)
    found = [(asked.documents.index(one.content), one.score) for one in reply["documents"]]
    asked.check(found, is_raw=True)


def test_documents_are_ranked_asynchronously(asked, documents):
    check(asked, asyncio.run(ranker(asked).run_async(asked.query, documents)))


def test_a_wrong_key_is_told(asked, documents):
    with pytest.raises(RuntimeError, match="key"):
        ranker(asked, "wrong").run(asked.query, documents)
