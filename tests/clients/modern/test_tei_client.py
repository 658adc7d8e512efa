"""tei-client, which reads /info and takes only a reranker for one."""

import asyncio

import pytest
from pydantic import ValidationError
from tei_client import HttpClient


@pytest.fixture
def client(asked):
    return HttpClient(asked.url, headers={"Authorization": f"Bearer {asked.key}"})


def test_texts_are_ranked(client, asked):
    found = client.rerank(asked.query, asked.documents).ranks
    asked.check((one.index, one.score) for one in found)
    assert {one.text for one in found} == {None}


def test_texts_come_back_on_request(client, asked):
    found = client.rerank(asked.query, asked.documents, return_text=True).ranks
    asked.check_texts((one.text, one.score) for one in found)


def test_raw_scores_are_logits(client, asked):
    found = client.rerank(asked.query, asked.documents, raw_scores=True).ranks
    asked.check(((one.index, one.score) for one in found), is_raw=True)


def test_texts_are_ranked_asynchronously(client, asked):
    found = asyncio.run(client.async_rerank(asked.query, asked.documents)).ranks
    asked.check((one.index, one.score) for one in found)


def test_the_server_describes_itself(client, asked):
    info = client.info()
    assert info.server_model_type.value == "reranker"
    assert info.server_model_id == asked.model
    assert info.max_input_length == 512


def test_the_server_is_healthy_for_those_with_a_key_only(client, asked):
    assert client.health()
    assert not HttpClient(asked.url, headers={"Authorization": "Bearer wrong"}).health()


def test_no_texts_are_no_ranking(client, asked):
    with pytest.raises(ValidationError):
        client.rerank(asked.query, [])
