"""What is trained says what is ranked with, and is written as it is read."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasets")
pytest.importorskip("accelerate")
pytest.importorskip("ir_measures")

from typing import TYPE_CHECKING

import torch
from safetensors.numpy import load_file
from support.tiny_models import write_tiny_bert, write_tiny_two_segment, write_tiny_xlm_roberta

from jingpai import Reranker
from jingpai.errors import DeviceUnavailable, InvalidInput
from jingpai.text.fields import read_candidates
from jingpai.training.networks.network import RerankerNetwork

if TYPE_CHECKING:
    from pathlib import Path

QUERY = "what is it"
DOCUMENTS = ["a panda", "", "x " * 40, "熊猫 abc", "the quick brown fox jumps"]

WRITERS = {
    "two segments": write_tiny_two_segment,
    "two segments with evidence": lambda folder: write_tiny_two_segment(folder, has_evidence=True),
    "two segments with a verdict": lambda folder: write_tiny_two_segment(folder, has_verdict=True),
    "BERT": write_tiny_bert,
    "BERT with two classes": lambda folder: write_tiny_bert(folder, labels=2),
    "XLM-RoBERTa": write_tiny_xlm_roberta,
    "XLM-RoBERTa with another padding id": lambda folder: write_tiny_xlm_roberta(
        folder, pad_token_id=3
    ),
}


def trained_logits(folder: Path, rows) -> np.ndarray:
    network = RerankerNetwork.load(str(folder)).eval()
    with torch.inference_mode():
        return network(network.preprocess(rows))["scores"][:, 0].numpy()


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_the_network_says_what_the_reranker_says(tmp_path, write):
    folder = write(tmp_path / "model")
    with Reranker(str(folder), precision="fp32", scale="logit") as reranker:
        encoded = reranker.engine.encode(read_candidates(QUERY, DOCUMENTS))
        expected = reranker.score(QUERY, DOCUMENTS)
    logits = trained_logits(folder, [one.rows[0] for one in encoded])
    assert np.std(expected) > 0.01
    np.testing.assert_allclose(logits, expected, atol=1e-4)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_network_that_is_written_is_a_model_that_says_the_same(tmp_path, write):
    folder = write(tmp_path / "model")
    network = RerankerNetwork.load(str(folder))
    for parameter in network.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.2, generator=torch.Generator().manual_seed(1))
    (tmp_path / "written").mkdir()
    network.save(str(tmp_path / "written"))
    with Reranker(str(tmp_path / "written"), precision="fp32", scale="logit") as reranker:
        rows = [one.rows[0] for one in reranker.engine.encode(read_candidates(QUERY, DOCUMENTS))]
        written = reranker.score(QUERY, DOCUMENTS)
    network.eval()
    with torch.inference_mode():
        logits = network(network.preprocess(rows))["scores"][:, 0].numpy()
    np.testing.assert_allclose(written, logits, atol=1e-4, rtol=1e-4)
    with Reranker(str(folder), precision="fp32", scale="logit") as parent:
        assert not np.allclose(written, parent.score(QUERY, DOCUMENTS), atol=1e-2)


@pytest.mark.parametrize("has_evidence", [True, False])
def test_a_network_is_written_with_the_evidence_head_that_it_was_read_with(tmp_path, has_evidence):
    folder = write_tiny_two_segment(tmp_path / "model", has_evidence=has_evidence)
    network = RerankerNetwork.load(str(folder))
    learning = [name for name, one in network.named_parameters() if one.requires_grad]
    assert learning
    assert not any("evidence" in name for name in learning)
    (tmp_path / "written").mkdir()
    network.save(str(tmp_path / "written"))
    before, after = (
        {
            name: value
            for name, value in load_file(path / "model.safetensors").items()
            if "evidence" in name
        }
        for path in (folder, tmp_path / "written")
    )
    assert len(after) == (2 if has_evidence else 0)
    assert all((after[name] == value).all() for name, value in before.items())


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_word_embeddings_and_the_lowest_third_of_the_layers_learn_nothing(tmp_path, write):
    network = RerankerNetwork.load(str(write(tmp_path / "model")))
    with Reranker(str(tmp_path / "model")) as reranker:
        rows = [one.rows[0] for one in reranker.engine.encode(read_candidates(QUERY, DOCUMENTS))]
    network(network.preprocess(rows))["scores"].sum().backward()
    learning = {name for name, one in network.named_parameters() if one.grad is not None}
    assert not any("words" in name or "word_embeddings" in name for name in learning)
    assert not any("layers.0." in name or "layer.0." in name for name in learning)
    assert any("layers.1." in name or "layer.1." in name for name in learning)


def test_whoever_may_read_the_configuration_may_read_the_weights(tmp_path):
    network = RerankerNetwork.load(str(write_tiny_bert(tmp_path / "model")))
    (tmp_path / "written").mkdir()
    network.save(str(tmp_path / "written"))
    modes = {path.stat().st_mode for path in (tmp_path / "written").iterdir()}
    assert len(modes) == 1


def test_a_model_of_the_bundled_kind_ranks_as_the_bundled_one_does(tmp_path):
    folder = write_tiny_two_segment(tmp_path / "own")
    with Reranker(str(folder)) as reranker, Reranker() as bundled:
        assert reranker.model == "own"
        assert reranker.engine.spec.template == bundled.engine.spec.template
        assert reranker.engine.spec.passage_tokens == bundled.engine.spec.passage_tokens
        assert reranker.device == "cpu"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"device": "cuda"}, DeviceUnavailable, "model of the bundled kind, which runs on the CPU"),
        ({"precision": "bf16"}, InvalidInput, "allowed are auto, fp32 and int8"),
    ],
)
def test_what_no_graph_can_do_is_refused_for_it(tmp_path, settings, error, message):
    folder = write_tiny_two_segment(tmp_path / "own")
    with pytest.raises(error, match=message):
        Reranker(str(folder), **settings)
