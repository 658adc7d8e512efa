from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.tiny_models import dequantised, write_tiny_bert, write_tiny_two_segment

from jingpai.backends.graph.architecture import read_architecture
from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.graph.checkpoint import Checkpoint
from jingpai.backends.graph.embeddings import WordEmbeddings, quantised_blocks
from jingpai.backends.graph.weight_file import WeightFile
from jingpai.backends.runtime import onnxruntime


def gathered(folder, ids, *, quantised):
    graph = GraphBuilder()
    file = WeightFile(folder / "embeddings.bin")
    table = WordEmbeddings(graph, Checkpoint(folder), read_architecture(folder), file)
    name = graph.input("ids", dtype=np.int64, shape=("rows", "length"))
    graph.output("rows", table.gather(name, quantised=quantised), shape=("rows", "length", "h"))
    file.close()
    (folder / "table.onnx").write_bytes(graph.to_bytes(metadata={}))
    session = onnxruntime.InferenceSession(folder / "table.onnx")
    return session.run(None, {"ids": ids})[0]


@pytest.fixture
def ids():
    return np.random.default_rng(0).integers(0, 90, (5, 17))


@pytest.mark.parametrize("quantised", [False, True])
def test_a_table_in_4_bit_blocks_gives_exactly_its_rows(tmp_path, ids, quantised):
    write_tiny_two_segment(tmp_path)
    rows = dequantised(load_file(tmp_path / "embeddings.safetensors"))
    np.testing.assert_array_equal(gathered(tmp_path, ids, quantised=quantised), rows[ids])


def test_a_float_table_gives_exactly_its_rows(tmp_path, ids):
    write_tiny_bert(tmp_path)
    rows = load_file(tmp_path / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    np.testing.assert_array_equal(gathered(tmp_path, ids, quantised=False), rows[ids])


@pytest.mark.parametrize("hidden", [64, 48])
def test_a_quantised_table_gives_its_rows_within_half_a_step(tmp_path, ids, hidden):
    write_tiny_bert(tmp_path, hidden_size=hidden)
    rows = load_file(tmp_path / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
    error = np.abs(gathered(tmp_path, ids, quantised=True) - rows[ids])
    assert error.shape == (5, 17, hidden)
    assert error.max() <= np.abs(rows).max() / 127 * 0.51


def test_blocks_of_zeros_and_of_huge_and_tiny_weights_stay_finite():
    rows = np.zeros((3, 64), np.float32)
    rows[1, 3] = 1e-9  # its scale is zero in float16
    rows[2, 40] = 5000
    codes, scales = quantised_blocks(rows)
    restored = codes.reshape(3, 2, 32) * scales.astype(np.float32)[..., None]
    np.testing.assert_allclose(restored.reshape(3, 64), rows, rtol=1e-3, atol=1e-7)
