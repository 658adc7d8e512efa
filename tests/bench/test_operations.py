"""Operations of a pair, against counts by hand."""

from __future__ import annotations

import json

import pytest
from support.tiny_models import write_tiny_bert, write_tiny_two_segment, write_tiny_xlm_roberta

from jingpai.backends.graph.conversion import convert
from jingpai.bench.operations import Attention, Network, Product, read_checkpoint, read_graph
from jingpai.errors import ModelFilesInvalid

HIDDEN, INNER, LAYERS, TOKENS = 64, 128, 3, 10

# Query, key, value and output of attention; into and out of the inner layer; two operations each.
MATRICES = 2 * TOKENS * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)
# Queries with keys, and weights with values, of all heads together.
ATTENTION = 2 * (2 * TOKENS * TOKENS * HIDDEN)
LAYER = MATRICES + ATTENTION
# In the last layer only keys and values are made of every token.
LAST_LAYER = (
    2 * TOKENS * 2 * HIDDEN * HIDDEN
    + 2 * (2 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)
    + 2 * (2 * TOKENS * HIDDEN)
)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("write", [write_tiny_bert, write_tiny_xlm_roberta])
def test_a_graph_that_reads_one_token_does_little_in_its_last_layer(tmp_path, write, precision):
    folder = write(tmp_path / "model")
    convert(folder, tmp_path, precision=precision)
    network = read_graph(tmp_path / "model.onnx")
    assert network.operations(TOKENS) == (LAYERS - 1) * LAYER + LAST_LAYER


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_graph_that_reads_all_tokens_does_all_of_every_layer(tmp_path, precision):
    folder = write_tiny_two_segment(tmp_path / "model")
    convert(folder, tmp_path, precision=precision)
    assert read_graph(tmp_path / "model.onnx").operations(TOKENS) == LAYERS * LAYER


def test_a_checkpoint_does_all_of_every_layer(tmp_path):
    network = read_checkpoint(write_tiny_xlm_roberta(tmp_path), is_causal=False)
    assert network.operations(TOKENS) == LAYERS * LAYER


def test_a_causal_model_attends_to_half(tmp_path):
    network = read_checkpoint(write_tiny_bert(tmp_path), is_causal=True)
    seen = TOKENS * (TOKENS + 1) // 2
    assert network.operations(TOKENS) == LAYERS * (MATRICES + 4 * seen * HIDDEN)


def test_the_largest_shapes_are_those_with_the_most_work():
    network = Network(
        (Product(2, 3), Product(8, 8, first_token_only=True), Product(4, 4), Product(2, 3)),
        (Attention(4),),
    )
    assert network.largest_shapes(1) == [(4, 4)]
    assert network.largest_shapes(9) == [(4, 4), (2, 3)]


def test_a_config_without_sizes_is_named(tmp_path):
    folder = write_tiny_bert(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    del config["num_attention_heads"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelFilesInvalid, match=r"config\.json: num_attention_heads"):
        read_checkpoint(folder, is_causal=False)
