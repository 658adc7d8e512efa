"""A reranking task of MTEB, with texts of ours in place of a download."""

from __future__ import annotations

import json
from typing import Any

import mteb
import pytest
from datasets import Dataset
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.retrieval_dataset_loaders import RetrievalSplitData
from mteb.abstasks.task_metadata import TaskMetadata
from mteb.models.models_protocols import CrossEncoderProtocol
from texts import ANSWERS, QUESTION, TEXTS

from jingpai import Reranker
from jingpai.errors import InvalidInput
from jingpai.integrations.mteb import JingpaiCrossEncoder

QUERIES = {"rice": QUESTION, "train": "Is there a power socket on the Shinkansen?"}
RELEVANT = {"rice": dict.fromkeys(ANSWERS, 1), "train": {"新幹線": 1}}


class Kitchen(AbsTaskRetrieval):
    metadata = TaskMetadata(
        type="Reranking",
        name="Kitchen",
        description="What is kept where, for how long.",
        reference="https://example.org",
        dataset={"path": "none", "revision": "none"},
        category="t2t",
        modalities=["text"],
        eval_splits=["test"],
        eval_langs=["eng-Latn"],
        main_score="map_at_10",
    )

    def load_data(self, num_proc: int | None = None, **_: Any) -> None:
        self.dataset = {
            "default": {
                "test": RetrievalSplitData(
                    corpus=Dataset.from_list(
                        [{"id": name, "title": "", "text": text} for name, text in TEXTS.items()]
                    ),
                    queries=Dataset.from_list(
                        [{"id": name, "text": text} for name, text in QUERIES.items()]
                    ),
                    relevant_docs=RELEVANT,
                    top_ranked={name: list(TEXTS) for name in QUERIES},
                )
            }
        }
        self.data_loaded = True


@pytest.fixture(scope="module")
def model() -> JingpaiCrossEncoder:
    return JingpaiCrossEncoder()


def test_mteb_takes_it_for_a_cross_encoder(model):
    assert isinstance(model, CrossEncoderProtocol)


def test_a_reranking_task_is_solved(model):
    (result,) = mteb.evaluate(model, Kitchen(), cache=None, show_progress_bar=False)
    assert result.get_score() == 1.0


def test_predictions_are_the_library_s_scores(model, tmp_path):
    mteb.evaluate(model, Kitchen(), cache=None, prediction_folder=tmp_path)
    (file,) = tmp_path.rglob("*predictions.json")
    predicted = json.loads(file.read_text("utf-8"))["default"]["test"]
    for name, query in QUERIES.items():
        scores = Reranker().score(query, list(TEXTS.values()))
        assert predicted[name] == pytest.approx(dict(zip(TEXTS, scores, strict=True)))


def test_results_are_filed_under_the_model_and_its_precision(model):
    meta = model.mteb_model_meta
    assert (meta.name, meta.revision) == ("jingpai/jingpai-small", "main-int8")
    assert meta.is_cross_encoder


def test_a_text_that_cannot_be_read_is_named(model):
    with pytest.raises(InvalidInput, match=r"inputs\[1\]\[0\] is empty"):
        model.predict([{"text": ["a question", ""]}], [{"text": ["one", "two"]}])


def test_the_page_runs(run_page):
    assert 0 <= float(run_page("MTEB")[0]) <= 1
