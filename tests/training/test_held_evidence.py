"""Evidence outlives training that teaches a ranking alone."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasets")
pytest.importorskip("accelerate")
pytest.importorskip("ir_measures")

import torch
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_bert, write_tiny_two_segment

from jingpai.tokens.tokenizer import Row
from jingpai.training.networks.network import RerankerNetwork
from jingpai.training.networks.two_segment import Tokens


def rows(count, *, seed):
    """Rows of the library, of random ids."""
    made = random_rows([20 + place % 60 for place in range(count)], seed=seed)
    return [Row(tuple(row.ids), row.query_length, characters=0, dropped=0) for row in made]


def evidence_of(network):
    batch = batch_of(random_rows((40, 9, 77, 23), seed=99))
    tokens = Tokens.of(
        torch.from_numpy(batch.input_ids),
        lengths=torch.from_numpy(batch.lengths),
        query_lengths=torch.from_numpy(batch.query_lengths),
    )
    with torch.inference_mode():
        x = network.network.encode(tokens)[tokens.segment == 1]
        return network.network.evidence_logits(x).numpy()


def moved(network, *, by):
    """Move what learns, as training does."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=by)
    return network


def test_the_head_says_again_what_it_said_before_the_encoder_moved(tmp_path):
    folder = write_tiny_two_segment(tmp_path, has_evidence=True)
    expected = evidence_of(RerankerNetwork.load(str(folder)))
    network = moved(RerankerNetwork.load(str(folder)), by=0.02)
    kept = np.abs(evidence_of(network) - expected).mean()
    network.hold_evidence(folder, rows(200, seed=1))
    held = np.abs(evidence_of(network) - expected).mean()
    assert kept > 0.1
    assert held < 0.7 * kept


def test_the_head_of_an_encoder_that_did_not_move_stays(tmp_path):
    folder = write_tiny_two_segment(tmp_path, has_evidence=True)
    network = RerankerNetwork.load(str(folder))
    expected = evidence_of(network)
    network.hold_evidence(folder, rows(50, seed=1))
    np.testing.assert_allclose(evidence_of(network), expected, atol=1e-5)


@pytest.mark.parametrize("write", [write_tiny_two_segment, write_tiny_bert])
def test_a_network_without_the_head_is_left_alone(tmp_path, write):
    network = RerankerNetwork.load(str(write(tmp_path)))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.hold_evidence(tmp_path, rows(3, seed=1))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
