"""Haystack's ranker for Cohere."""

import asyncio

import pytest
from cohere.errors import BadRequestError, UnauthorizedError
from haystack import Document
from haystack.utils import Secret
from haystack_integrations.components.rankers.cohere import CohereRanker


def ranker(asked, key=None):
    secret = Secret.from_token(key or asked.key)
    return CohereRanker(api_base_url=asked.url, api_key=secret, top_k=3)


@pytest.fixture
def documents(asked):
    return [Document(content=text) for text in asked.documents]


def test_documents_are_ranked(asked, documents):
    found = ranker(asked).run(asked.query, documents)["documents"]
    asked.check_texts(((one.content, one.score) for one in found), kept=3)


def test_documents_are_ranked_asynchronously(asked, documents):
    found = asyncio.run(ranker(asked).run_async(asked.query, documents))["documents"]
    asked.check_texts(((one.content, one.score) for one in found), kept=3)


def test_a_wrong_key_is_unauthorized(asked, documents):
    with pytest.raises(UnauthorizedError):
        ranker(asked, "wrong").run(asked.query, documents)


def test_no_documents_are_a_bad_request(asked):
    with pytest.raises(BadRequestError):
        ranker(asked).run(asked.query, [])
