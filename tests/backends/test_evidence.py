"""The second output of a graph: one logit a token of the passage."""

from __future__ import annotations

import numpy as np
import pytest
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_two_segment, write_tiny_xlm_roberta
from support.two_segment_reference import evidence_logits

from jingpai.backends.base import EvidenceBackend
from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend

LENGTHS = (9, 40, 2, 77, 23)


def open_graph(checkpoint, *, precision="fp32"):
    graph = checkpoint / precision
    graph.mkdir()
    convert(checkpoint, graph, precision=precision)
    return OnnxBackend(graph, threads=2)


def passage_tokens(evidence, rows):
    """The evidence of each row's second segment: all that means anything."""
    return [line[row.query_length : len(row.ids)] for line, row in zip(evidence, rows, strict=True)]


def tiny(folder, **settings):
    return write_tiny_two_segment(folder, has_evidence=True, **settings)


@pytest.mark.parametrize("seed", range(2))
def test_evidence_is_that_of_the_definition(tmp_path, seed):
    tiny(tmp_path, seed=seed)
    rows = random_rows(LENGTHS, seed=seed)
    backend = open_graph(tmp_path)
    found = backend.logits_and_evidence(batch_of(rows, width=90))
    assert (found.evidence.dtype, found.evidence.shape) == (np.float32, (len(rows), 90))
    for row, logits in zip(rows, passage_tokens(found.evidence, rows), strict=True):
        expected = evidence_logits(tmp_path, row.ids, row.query_length)[row.query_length :]
        np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)
    assert np.std(np.concatenate(passage_tokens(found.evidence, rows))) > 0.3


@pytest.mark.torch
def test_evidence_is_that_of_the_network(tmp_path):
    torch = pytest.importorskip("torch")
    from jingpai.training.networks.two_segment import Tokens
    from jingpai.training.networks.two_segment_files import load

    tiny(tmp_path)
    rows = random_rows(LENGTHS)
    batch = batch_of(rows)
    network = load(tmp_path).eval()
    tokens = Tokens.of(
        torch.from_numpy(batch.input_ids),
        lengths=torch.from_numpy(batch.lengths),
        query_lengths=torch.from_numpy(batch.query_lengths),
    )
    with torch.inference_mode():
        expected = network.evidence_logits(network.encode(tokens)).numpy()
    found = open_graph(tmp_path).logits_and_evidence(batch).evidence
    second = tokens.segment.numpy() == 1
    np.testing.assert_allclose(
        np.concatenate(passage_tokens(found, rows)), expected[second], rtol=0, atol=1e-4
    )


def test_a_row_alone_has_the_evidence_that_it_has_in_a_batch(tmp_path):
    tiny(tmp_path)
    rows = random_rows(LENGTHS)
    for precision, tolerance in (("fp32", 1e-5), ("int8", 1e-3)):
        backend = open_graph(tmp_path, precision=precision)
        together = backend.logits_and_evidence(batch_of(rows)).evidence
        for row, expected in zip(rows, passage_tokens(together, rows), strict=True):
            alone = backend.logits_and_evidence(batch_of([row])).evidence
            (found,) = passage_tokens(alone, [row])
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_logits_are_the_same_with_the_head_and_without_asked_for_or_not(tmp_path, precision):
    batch = batch_of(random_rows(LENGTHS))
    with_head = open_graph(tiny(tmp_path / "with"), precision=precision)
    without = open_graph(write_tiny_two_segment(tmp_path / "without"), precision=precision)
    expected = without.logits(batch)
    np.testing.assert_array_equal(with_head.logits(batch), expected)
    np.testing.assert_array_equal(with_head.logits_and_evidence(batch).logits, expected)


def test_a_backend_says_whether_its_model_has_evidence(tmp_path):
    backend = open_graph(tiny(tmp_path / "with"))
    assert isinstance(backend, EvidenceBackend)
    assert backend.has_evidence
    assert not open_graph(write_tiny_two_segment(tmp_path / "without")).has_evidence
    assert not open_graph(write_tiny_xlm_roberta(tmp_path / "other")).has_evidence
