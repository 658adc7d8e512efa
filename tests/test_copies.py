"""Pickles and deep copies: what is loaded travels by its settings, and a copy says the same."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import shutil
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest
from support.tiny_engine import tiny_engine_of
from support.tiny_models import write_tiny_xlm_roberta

from jingpai import BGEM3Reranker, Cascade, Embedder, Reranker, ScoreCache
from jingpai.compat import CrossEncoder, FlagReranker
from jingpai.engine.engine import Engine
from jingpai.errors import BackendFailed, InvalidInput, ModelNotFound
from jingpai.scores.calibration import Calibration, Logistic
from jingpai.server.settings import ServerSettings

QUERY, DOCUMENTS = "what is a panda?", ["a bear", "<b>bamboo</b> " * 20, "hi"]


def sent(value):
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("copied", [sent, copy.deepcopy], ids=["pickle", "deepcopy"])
def test_a_copy_of_a_reranker_has_its_settings_and_its_scores(tiny_folder, copied):
    settings: dict[str, Any] = {"precision": "fp32", "max_tokens": 64, "clean": False, "threads": 1}
    with Reranker(tiny_folder, scale="logit", **settings) as reranker:
        expected = reranker.score(QUERY, DOCUMENTS)
        again = copied(reranker)
    assert again.score(QUERY, DOCUMENTS) == expected
    assert (again.scale, again.precision) == ("logit", "fp32")


def test_a_process_that_is_started_anew_scores_the_same(tiny_folder):
    reranker = Reranker(tiny_folder, threads=1)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        scores = pool.submit(reranker.score, QUERY, DOCUMENTS).result(timeout=120)
    assert scores == reranker.score(QUERY, DOCUMENTS)


def test_a_folder_travels_by_its_whole_path(tiny_folder, tmp_path, monkeypatch):
    shutil.copytree(tiny_folder, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    for name in ("model", "./model"):
        travelling = pickle.dumps((Reranker(name), FlagReranker(name)))
        monkeypatch.chdir("/")
        again, flag = pickle.loads(travelling)
        assert again.score(QUERY, DOCUMENTS) == Reranker(tiny_folder).score(QUERY, DOCUMENTS)
        assert len(flag.compute_score([[QUERY, "a bear"]])) == 1
        monkeypatch.chdir(tmp_path)
    shutil.rmtree(tmp_path / "model")
    with pytest.raises(ModelNotFound, match="model"):
        pickle.loads(travelling)


def test_a_shallow_copy_shares_the_model(tiny_folder):
    for shared in (Reranker(tiny_folder), Embedder(), ScoreCache()):
        other = copy.copy(shared)
        for name in ("engine", "_backend", "_stores"):
            assert getattr(other, name, None) is getattr(shared, name, None)


def test_what_a_subclass_adds_travels_too(tiny_folder):
    reranker = Reranker(tiny_folder)
    reranker.note = "mine"  # type: ignore[attr-defined]
    assert sent(reranker).note == "mine"


def test_a_cascade_travels_with_both_models(tiny_folder):
    cascade = Cascade(Reranker(tiny_folder), Reranker(tiny_folder, precision="fp32"), keep=2)
    again = sent(cascade)
    assert tuple(again.score(QUERY, DOCUMENTS)) == tuple(cascade.score(QUERY, DOCUMENTS))
    assert (again.keep, again.second.precision) == (2, "fp32")


def test_an_embedder_travels(tiny_folder):
    embedder = Embedder(clean=False, threads=1)
    for again in (sent(embedder), copy.deepcopy(embedder)):
        np.testing.assert_array_equal(
            again.embed_passages(DOCUMENTS), embedder.embed_passages(DOCUMENTS)
        )


def test_a_cache_in_a_file_is_opened_again_and_one_in_memory_begins_empty(
    tiny_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for cache, known in ((ScoreCache("scores.db"), 3), (ScoreCache(), 0)):
        reranker = Reranker(tiny_folder, cache=cache)
        expected = reranker.score(QUERY, DOCUMENTS[:1] * 2 + ["hi", "bamboo"])
        travelling = pickle.dumps((cache, reranker))
        monkeypatch.chdir("/")
        again, other = pickle.loads(travelling)
        assert len(again) == known
        assert other.score(QUERY, DOCUMENTS[:1] * 2 + ["hi", "bamboo"]) == expected
        assert len(again) == 3  # it is the cache of the copied reranker as well
        monkeypatch.chdir(tmp_path)


def test_a_calibration_travels_and_is_held_against_the_weights_there(tmp_path):
    folder = write_tiny_xlm_roberta(tmp_path / "model", seed=1)
    fingerprint = Reranker(folder).engine.fingerprint
    reranker = Reranker(folder, calibration=Calibration("m", fingerprint, Logistic(0.5, -2.0)))
    travelling = pickle.dumps(reranker)
    again = pickle.loads(travelling)
    assert again.scale == "calibrated"
    assert again.score(QUERY, DOCUMENTS) == reranker.score(QUERY, DOCUMENTS)
    shutil.rmtree(folder)
    write_tiny_xlm_roberta(folder, seed=2)
    with pytest.raises(InvalidInput, match=r"calibration.*other weights"):
        pickle.loads(travelling)


def test_the_classes_of_other_libraries_travel_too(tiny_folder):
    cross, flag = CrossEncoder(tiny_folder), FlagReranker(tiny_folder)
    bge = BGEM3Reranker(str(tiny_folder), max_length=64)
    pairs = [(QUERY, "a bear"), (QUERY, "hi")]
    assert sent(cross).predict(pairs).tolist() == cross.predict(pairs).tolist()
    assert sent(flag).compute_score(pairs) == flag.compute_score(pairs)
    assert sent(bge).rerank(QUERY, DOCUMENTS) == bge.rerank(QUERY, DOCUMENTS)


def test_what_is_closed_says_so(tiny_folder):
    reranker, embedder = Reranker(tiny_folder), Embedder()
    for closed in (reranker, embedder, Cascade(reranker, reranker)):
        closed.close()
        with pytest.raises(BackendFailed, match="is closed"):
            pickle.dumps(closed)
        with pytest.raises(BackendFailed, match="is closed"):
            copy.deepcopy(closed)


def test_an_engine_that_was_joined_by_hand_says_so(tiny_folder):
    with pytest.raises(InvalidInput, match="joined from its parts by hand"):
        pickle.dumps(tiny_engine_of(tiny_folder, lambda _: None))


def test_the_keys_of_a_server_do_not_travel_with_its_engine(tiny_folder):
    engine = Engine.load(tiny_folder, ServerSettings(api_keys=("top-secret",)))
    assert b"top-secret" not in pickle.dumps(engine)
