"""A model with a calibration: its scores are probabilities, unless a request asks for logits."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from jingpai import InvalidInput, Reranker
from jingpai.scores.calibration import Calibration, Logistic
from jingpai.server.registry import load_models
from jingpai.server.service import Service
from jingpai.server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

QUERY, DOCUMENTS = "a cat", ["the cat sat", "a dog", "cats and dogs", "nothing"]


@pytest.fixture(scope="module")
def reranker(tiny_folder: Path) -> Iterator[Reranker]:
    with Reranker(tiny_folder, scale="logit") as reranker:
        yield reranker


@pytest.fixture(scope="module")
def calibration(reranker: Reranker) -> Calibration:
    return Calibration("tiny", reranker.engine.fingerprint, Logistic(slope=3.0, intercept=-0.5))


@pytest.fixture(scope="module")
def file(calibration: Calibration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calibration") / "tiny.json"
    path.write_text(json.dumps(calibration.as_json()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def client(tiny_folder: Path, file: Path, client_of) -> Iterator[TestClient]:
    """Two names of one model, of which the second is calibrated."""
    models = (f"plain={tiny_folder}", f"sure={tiny_folder}")
    service = Service(Settings(models=models, calibrations=(f"sure={file}",)))
    asyncio.run(service.load())
    yield client_of(service)
    service.close()


def ask(client: TestClient, **settings) -> dict[str, Any]:
    body = {"query": QUERY, "documents": DOCUMENTS, "model": "sure", **settings}
    return client.post("/v2/rerank", json=body).json()


def scores_of(reply: dict[str, Any]) -> list[float]:
    return [result["relevance_score"] for result in reply["results"]]


def test_scores_are_the_probabilities_of_the_calibration(client, reranker, calibration):
    reply = ask(client)
    assert reply["scale"] == "calibrated"
    logits = np.array(reranker.score(QUERY, DOCUMENTS))
    probabilities = calibration.curve(logits)
    assert scores_of(reply) == pytest.approx(sorted(probabilities, reverse=True), abs=1e-6)


def test_other_models_and_requests_for_logits_are_as_ever(client, reranker):
    assert ask(client, model="plain")["scale"] == "sigmoid"
    reply = ask(client, raw_scores=True)
    assert reply["scale"] == "logit"
    logits = reranker.score(QUERY, DOCUMENTS)
    assert scores_of(reply) == pytest.approx(sorted(logits, reverse=True), abs=1e-6)


def test_a_threshold_is_a_probability(client):
    scores = scores_of(ask(client))
    reply = ask(client, threshold=(scores[1] + scores[2]) / 2)
    assert scores_of(reply) == pytest.approx(scores[:2])


def test_every_dialect_gives_probabilities(client):
    expected = scores_of(ask(client))
    body = {"query": QUERY, "model": "sure"}
    tei = client.post("/rerank", json={**body, "texts": DOCUMENTS}).json()
    assert [found["score"] for found in tei] == pytest.approx(expected)
    scored = client.post(
        "/score", json={"model": "sure", "queries": QUERY, "documents": DOCUMENTS}
    ).json()
    assert sorted((found["score"] for found in scored["data"]), reverse=True) == pytest.approx(
        expected
    )
    explained = client.post(
        "/v1/explain", json={**body, "documents": DOCUMENTS, "include": ["relevance"]}
    ).json()
    assert explained["scale"] == "calibrated"
    assert sorted(scores_of(explained), reverse=True) == pytest.approx(expected)


def test_a_file_without_a_name_is_for_the_default_model(tiny_folder, file):
    settings = Settings(models=(f"a={tiny_folder}", f"b={tiny_folder}"), calibrations=(str(file),))
    hosted = load_models(settings)
    assert [model.scale() for model in hosted.values()] == ["calibrated", "sigmoid"]
    for model in hosted.values():
        model.close()


@pytest.mark.parametrize(
    ("calibrations", "message"),
    [
        (("other={file}",), "no model is called 'other'; these are loaded: tiny"),
        (("tiny=nowhere.json",), "nowhere.json: no such file"),
        (("{file}", "{file}"), "two are for the default model"),
        (("tiny={file}", "tiny={file}"), "two are for tiny"),
    ],
)
def test_a_calibration_of_no_use_keeps_the_server_from_starting(
    tiny_folder, file, calibrations, message
):
    given = tuple(calibration.format(file=file) for calibration in calibrations)
    with pytest.raises(InvalidInput, match=message):
        load_models(Settings(models=(f"tiny={tiny_folder}",), calibrations=given))


def test_a_calibration_of_another_model_is_refused(file):
    with pytest.raises(InvalidInput, match="it is for tiny with fingerprint"):
        load_models(Settings(calibrations=(str(file),)))
