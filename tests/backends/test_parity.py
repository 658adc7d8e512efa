"""The graphs give what the networks give that they were written for."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from support.batches import batch_of, random_rows
from support.tiny_models import (
    write_tiny_bert,
    write_tiny_two_segment,
    write_tiny_xlm_roberta,
)
from support.two_segment_reference import two_segment_logits

from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend

LENGTHS = (9, 40, 1, 77, 23, 130)

BERTS = {
    "one label": {},
    "three labels": {"labels": 3},
    "one token type": {"type_vocab_size": 1},
    "small epsilon": {"layer_norm_eps": 1e-12},
    "wide heads": {"hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 256},
    "hidden size that is no multiple of a block": {"hidden_size": 48, "num_attention_heads": 3},
    "gelu_new": {"hidden_act": "gelu_new"},
    "gelu_pytorch_tanh": {"hidden_act": "gelu_pytorch_tanh"},
    "relu": {"hidden_act": "relu"},
}
XLM_ROBERTAS = {
    "one label": {},
    "two labels": {"labels": 2},
    "other padding id": {"pad_token_id": 3},
    "four layers": {"num_hidden_layers": 4},
    "named roberta": {"model_type": "roberta"},
    "named camembert": {"model_type": "camembert"},
}

# Logits of the tiny models spread over several units.
INT8_TOLERANCE = 0.25


def graph_logits(folder, batch, *, precision="fp32"):
    graph = folder / precision
    graph.mkdir()
    convert(folder, graph, precision=precision)
    backend = OnnxBackend(graph, threads=2)
    logits = backend.logits(batch)
    backend.close()
    return logits


def transformers_logits(folder, batch):
    from jingpai.backends.pytorch.cross_encoder import TorchBackend

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        backend = TorchBackend(folder, device="cpu", precision="fp32")
    return backend.logits(batch)


@pytest.mark.torch
@pytest.mark.parametrize("settings", BERTS.values(), ids=BERTS)
def test_a_bert_graph_has_the_logits_of_transformers(tmp_path, settings):
    pytest.importorskip("transformers")
    write_tiny_bert(tmp_path, **settings)
    batch = batch_of(random_rows(LENGTHS), padding_id=0)
    expected = transformers_logits(tmp_path, batch)
    assert expected.std() > 0.05
    np.testing.assert_allclose(graph_logits(tmp_path, batch), expected, rtol=0, atol=1e-4)


@pytest.mark.torch
@pytest.mark.parametrize("settings", XLM_ROBERTAS.values(), ids=XLM_ROBERTAS)
def test_an_xlm_roberta_graph_has_the_logits_of_transformers(tmp_path, settings):
    pytest.importorskip("transformers")
    write_tiny_xlm_roberta(tmp_path, **settings)
    padding_id = settings.get("pad_token_id", 1)
    lengths = [min(length, 128) for length in LENGTHS]
    batch = batch_of(random_rows(lengths), padding_id=padding_id)
    expected = transformers_logits(tmp_path, batch)
    assert expected.std() > 0.05
    np.testing.assert_allclose(graph_logits(tmp_path, batch), expected, rtol=0, atol=1e-4)


@pytest.mark.torch
def test_a_padding_token_inside_a_row_keeps_its_place_as_in_transformers(tmp_path):
    pytest.importorskip("transformers")
    write_tiny_xlm_roberta(tmp_path)
    batch = batch_of(random_rows([20, 30]))
    batch.input_ids[:, 7] = 1
    expected = transformers_logits(tmp_path, batch)
    np.testing.assert_allclose(graph_logits(tmp_path, batch), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_a_two_segment_graph_has_the_logits_of_the_definition(tmp_path, seed):
    write_tiny_two_segment(tmp_path, seed=seed)
    rows = random_rows((9, 40, 2, 77, 23), seed=seed)
    expected = [two_segment_logits(tmp_path, row.ids, row.query_length) for row in rows]
    assert np.std(expected) > 0.3
    logits = graph_logits(tmp_path, batch_of(rows))
    np.testing.assert_allclose(logits[:, 0], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("layers", [1, 3, 6])
def test_a_second_opinion_and_marked_tokens_are_those_of_the_definition(tmp_path, layers):
    write_tiny_two_segment(tmp_path, has_verdict=True, num_hidden_layers=layers)
    # Few different tokens, so that most rows share some, the special ones among them.
    rows = random_rows(LENGTHS, first_id=0, last_id=30)
    expected = [two_segment_logits(tmp_path, row.ids, row.query_length) for row in rows]
    logits = graph_logits(tmp_path, batch_of(rows, width=140))
    # The row of one token has no second segment, and nothing there to have an opinion on.
    is_whole = [len(row.ids) > row.query_length for row in rows]
    np.testing.assert_allclose(logits[is_whole, 0], np.array(expected)[is_whole], rtol=0, atol=1e-4)


def test_a_two_segment_row_may_be_longer_than_the_position_table(tmp_path):
    write_tiny_two_segment(tmp_path, max_position_embeddings=40)
    rows = [row._replace(query_length=30) for row in random_rows((70, 31))]
    expected = [two_segment_logits(tmp_path, row.ids, row.query_length) for row in rows]
    logits = graph_logits(tmp_path, batch_of(rows))
    np.testing.assert_allclose(logits[:, 0], expected, rtol=0, atol=1e-4)


def test_an_empty_second_segment_gives_a_number(tmp_path):
    write_tiny_two_segment(tmp_path)
    row = random_rows([9])[0]._replace(query_length=9)
    logits = graph_logits(tmp_path, batch_of([row]))
    expected = two_segment_logits(tmp_path, row.ids, 9)
    np.testing.assert_allclose(logits[0, 0], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("write", [write_tiny_bert, write_tiny_xlm_roberta, write_tiny_two_segment])
def test_int8_stays_near_fp32(tmp_path, write):
    write(tmp_path)
    batch = batch_of(random_rows((9, 40, 2, 77, 23) * 4))
    exact = graph_logits(tmp_path, batch)
    rounded = graph_logits(tmp_path, batch, precision="int8")
    assert 0 < np.abs(exact - rounded).max() < INT8_TOLERANCE
    assert np.corrcoef(exact[:, 0], rounded[:, 0])[0, 1] > 0.99
