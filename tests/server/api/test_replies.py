"""What every reply keeps to, whatever was sent: floats, an order, and nothing that is null."""

from __future__ import annotations

import asyncio
import math
import re
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from jingpai.server.service import Service
from jingpai.server.settings import ServerSettings

QUERY = "what do pandas eat?"
TEXTS = st.lists(st.text(max_size=40), min_size=1, max_size=6)
BODIES = {
    "/rerank": "documents",
    "/v2/rerank": "documents",
    "/invocations": "texts",
    "/voyage/v1/rerank": "documents",
    "/infinity/rerank": "documents",
}
NUMBER = re.compile(r'"(?:relevance_)?score":(-?\d+\.\d+(?:e-?\d+)?)[,}]')


def has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return any(map(has_null, value)) if isinstance(value, list) else value is None


@given(texts=TEXTS, path=st.sampled_from(sorted(BODIES)))
@settings(max_examples=60, deadline=None)
def test_all_documents_come_back_sorted_with_floats_for_scores(client, texts, path):
    reply = client.post(path, json={"query": QUERY, BODIES[path]: texts})
    body = reply.json()
    results = body if isinstance(body, list) else body.get("results", body.get("data"))
    scores = [float(number) for number in NUMBER.findall(reply.text)]
    assert sorted(found["index"] for found in results) == list(range(len(texts)))
    assert len(scores) == len(texts)
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert not has_null(body)


@given(texts=TEXTS)
@settings(max_examples=30, deadline=None)
def test_documents_come_back_as_they_were_sent(client, texts):
    found = client.post("/rerank", json={"query": QUERY, "documents": texts}).json()["results"]
    assert {result["index"]: result["document"] for result in found} == {
        index: {"text": text} for index, text in enumerate(texts)
    }


@pytest.fixture(scope="module")
def sure_client(tiny_folder, tmp_path_factory, client_of):
    """A server of a model whose scores are all 1, to the last digit of a float."""
    folder = tmp_path_factory.mktemp("sure") / "model"
    shutil.copytree(tiny_folder, folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["classifier.out_proj.bias"] += 60
    save_file(tensors, folder / "model.safetensors")
    service = Service(ServerSettings(models=(f"sure={folder}",), precision="fp32"))
    asyncio.run(service.load())
    yield client_of(service)
    service.close()


@pytest.mark.parametrize("path", sorted(BODIES))
def test_a_score_of_one_is_written_as_a_float(sure_client, path):
    reply = sure_client.post(path, json={"query": QUERY, BODIES[path]: ["a", "b"]})
    assert NUMBER.findall(reply.text) == ["1.0", "1.0"]


def test_equal_scores_keep_the_order_of_the_request(client):
    texts = ["same", "other", "same", "same"]
    found = client.post("/rerank", json={"query": QUERY, "documents": texts}).json()["results"]
    assert [result["index"] for result in found if result["index"] != 1] == [0, 2, 3]


@pytest.mark.parametrize(
    ("path", "key", "asked"),
    [
        ("/rerank", "documents", {"use_activation": False}),
        ("/rerank", "documents", {"activation": "false"}),
        ("/rerank", "documents", {"raw_scores": True}),
        ("/infinity/rerank", "documents", {"raw_scores": "true"}),
        ("/rerank", "texts", {"raw_scores": True}),
    ],
)
def test_logits_come_only_when_they_are_asked_for(client, path, key, asked):
    body = {"query": QUERY, key: ["bamboo", "hi"]}
    plain = [float(n) for n in NUMBER.findall(client.post(path, json=body).text)]
    logits = [float(n) for n in NUMBER.findall(client.post(path, json={**body, **asked}).text)]
    assert plain == pytest.approx([1 / (1 + math.exp(-logit)) for logit in logits])


def test_a_threshold_leaves_out_what_is_below(client):
    body = {"query": QUERY, "documents": ["bamboo", "hi", "noon"]}
    whole = client.post("/rerank", json=body).json()["results"]
    kept = client.post("/rerank", json={**body, "threshold": whole[1]["relevance_score"]}).json()
    assert kept["results"] == whole[:2]


def test_a_span_names_the_passage_of_a_long_document_that_won(client):
    text = "the train leaves at noon. " * 30 + "bamboo is what pandas eat. " * 30
    body = {"query": QUERY, "documents": [text]}
    (found,) = client.post("/rerank", json=body).json()["results"]
    assert found["passages"] > 1
    assert not found["truncated"]
    passage = text[found["span"]["start"] : found["span"]["end"]]
    (alone,) = client.post("/rerank", json={**body, "documents": [passage]}).json()["results"]
    assert alone["relevance_score"] == pytest.approx(found["relevance_score"], abs=1e-6)


def test_what_a_request_of_tei_cost_stands_in_headers(client):
    reply = client.post("/rerank", json={"query": QUERY, "texts": ["bamboo", "hi"]})
    assert reply.headers["x-compute-characters"] == str(len(QUERY + "bamboo" + "hi"))
    asked = {"query": QUERY, "documents": ["bamboo", "hi"]}
    tokens = client.post("/rerank", json=asked).json()["usage"]["total_tokens"]
    assert reply.headers["x-compute-tokens"] == str(tokens)
    assert int(reply.headers["x-total-time"]) >= int(reply.headers["x-inference-time"])
