"""The graph files are what the `onnx` package, where it is installed, calls sound."""

from __future__ import annotations

import numpy as np
import pytest
from support.tiny_models import write_tiny_two_segment

from jingpai.backends.graph import convert
from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.graph.onnx_format import OnnxMessages
from jingpai.backends.graph.weight_file import ALIGNMENT, WeightFile


def test_fields_have_the_numbers_of_the_onnx_format():
    onnx = pytest.importorskip("onnx")
    messages = OnnxMessages()
    for name in ("ModelProto", "GraphProto", "NodeProto", "AttributeProto", "TensorProto"):
        theirs = {field.name: field.number for field in getattr(onnx, name).DESCRIPTOR.fields}
        ours = {field.name: field.number for field in messages.new(name).DESCRIPTOR.fields}
        assert ours.items() <= theirs.items()


def test_a_written_graph_passes_the_checks_of_onnx(tmp_path):
    onnx = pytest.importorskip("onnx")
    write_tiny_two_segment(tmp_path / "model")
    convert(tmp_path / "model", tmp_path, precision="fp32")
    onnx.checker.check_model(tmp_path / "model.onnx")
    names = [value.name for value in onnx.load(tmp_path / "model.onnx").graph.input]
    assert names == ["input_ids", "lengths", "query_lengths"]


def test_equal_constants_are_stored_once():
    graph = GraphBuilder()
    assert graph.constant([1, 2], dtype=np.int64) == graph.constant([1, 2], dtype=np.int64)
    assert graph.constant([1, 2], dtype=np.int64) != graph.constant([1, 2], dtype=np.int32)
    assert graph.constant(0.0, dtype=np.float32) != graph.constant([0.0], dtype=np.float32)


def test_tensors_of_a_weight_file_start_at_pages(tmp_path):
    file = WeightFile(tmp_path / "weights.bin")
    first = file.append([np.arange(3, dtype=np.float32), np.arange(2, dtype=np.float32)])
    second = file.append([np.arange(5, dtype=np.int8)])
    file.close()
    assert (first.offset, first.length, second.offset, second.length) == (0, 20, ALIGNMENT, 5)
    content = (tmp_path / "weights.bin").read_bytes()
    assert content[: first.length] == np.array([0, 1, 2, 0, 1], np.float32).tobytes()
    assert content[second.offset :] == bytes(range(5))
