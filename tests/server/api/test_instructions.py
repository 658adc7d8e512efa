"""A request tells a language model what to look for; other models go without."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.tiny_language_models import qwen_tokenizer, write_language_model

from jingpai import Reranker
from jingpai.scores.calibration import Calibration, Logistic
from jingpai.server.registry import load_models
from jingpai.server.service import Service
from jingpai.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

QUERY = "中国的首都是什么？"
DOCUMENTS = ["The capital of China is Beijing.", "天空为什么是蓝色的", "1.4 billion people!"]
WISH = "Find passages that mention {query} 的首都"
DASHSCOPE = "/api/v1/services/rerank/text-rerank/text-rerank"


@pytest.fixture(scope="module")
def qwen3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "Qwen3-Reranker-0.6B"
    return write_language_model(
        folder, kind="Qwen3", tokenizer=qwen_tokenizer(), tie_word_embeddings=True
    )


@pytest.fixture(scope="module")
def client(qwen3: Path, tiny_folder: Path, client_of) -> Iterator[TestClient]:
    service = Service(Settings(models=(f"qwen3={qwen3}", f"tiny={tiny_folder}"), device="cpu"))
    asyncio.run(service.load())
    yield client_of(service)
    service.close()


def rerank(client: TestClient, model: str = "qwen3", **settings) -> list[float]:
    body = {"model": model, "query": QUERY, "documents": DOCUMENTS, **settings}
    results = client.post("/v1/rerank", json=body).json()["results"]
    return [found["relevance_score"] for found in sorted(results, key=lambda found: found["index"])]


def score(client: TestClient, model: str = "qwen3", **settings) -> list[float]:
    body = {"model": model, "queries": QUERY, "documents": DOCUMENTS, **settings}
    return [found["score"] for found in client.post("/v1/score", json=body).json()["data"]]


def dashscope(client: TestClient, model: str = "qwen3", **settings: Any) -> list[float]:
    parameters = {"instruct": settings["instruction"]} if settings else {}
    body = {
        "model": model,
        "input": {"query": QUERY, "documents": DOCUMENTS},
        "parameters": parameters,
    }
    results = client.post(DASHSCOPE, json=body).json()["output"]["results"]
    return [found["relevance_score"] for found in sorted(results, key=lambda found: found["index"])]


@pytest.mark.parametrize("ask", [rerank, score, dashscope])
def test_each_request_is_scored_with_its_own_instruction(client, qwen3, ask):
    with Reranker(qwen3, device="cpu") as reranker:
        plain = reranker.score(QUERY, DOCUMENTS)
    with Reranker(qwen3, device="cpu", instruction=WISH) as reranker:
        told = reranker.score(QUERY, DOCUMENTS)
    assert told != pytest.approx(plain, abs=1e-4)
    assert ask(client) == pytest.approx(plain, abs=1e-5)
    assert ask(client, instruction=WISH) == pytest.approx(told, abs=1e-5)
    assert ask(client) == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("ask", [rerank, score, dashscope])
@pytest.mark.parametrize("instruction", [None, "", " \n"])
def test_an_instruction_of_nothing_is_none(client, ask, instruction):
    assert ask(client, instruction=instruction) == ask(client)


@pytest.mark.parametrize("ask", [rerank, score, dashscope])
def test_a_model_that_reads_none_goes_without(client, ask):
    assert ask(client, "tiny", instruction=WISH) == ask(client, "tiny")


def test_what_is_no_text_is_refused(client):
    body = {"query": QUERY, "documents": DOCUMENTS, "instruction": 3}
    reply = client.post("/v1/rerank", json=body)
    assert reply.status_code in (400, 422)
    assert "instruction: got 3; allowed are strings and null" in reply.text


def test_an_instruction_counts_as_text(client):
    reply = client.post(
        "/v1/rerank",
        json={"query": QUERY, "documents": DOCUMENTS, "instruction": "找" * 2_000_001},
    )
    assert reply.status_code in (400, 413, 422)
    assert "2000001 characters" in reply.text


def test_a_calibration_holds_for_what_the_model_was_told_then(qwen3, tmp_path, client_of):
    with Reranker(qwen3, device="cpu") as reranker:
        calibration = Calibration("qwen3", reranker.engine.fingerprint, Logistic(3.0, -0.5))
    file = tmp_path / "qwen3.json"
    file.write_text(json.dumps(calibration.as_json()), encoding="utf-8")
    settings = Settings(models=(f"qwen3={qwen3}",), device="cpu", calibrations=(str(file),))
    service = Service(settings)
    service.host(load_models(settings))
    body = {"query": QUERY, "documents": DOCUMENTS}
    client = client_of(service)
    assert client.post("/v1/rerank", json=body).json()["scale"] == "calibrated"
    told = client.post("/v1/rerank", json={**body, "instruction": WISH}).json()
    assert told["scale"] == "sigmoid"
    service.close()
