"""The bundled graph becomes the checkpoint again that it was written from."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file
from support.tiny_models import write_tiny_bert, write_tiny_two_segment

from jingpai.backends.graph import convert
from jingpai.errors import ModelFilesInvalid
from jingpai.models.resolve import resolve
from jingpai.training.networks.unpacking import unpack

if TYPE_CHECKING:
    from pathlib import Path


def graph_of(checkpoint: Path, folder: Path, *, precision="int8") -> Path:
    folder.mkdir()
    convert(checkpoint, folder, precision=precision)
    shutil.copyfile(checkpoint / "tokenizer.json", folder / "tokenizer.json")
    return folder


def test_the_bundled_model_unpacked_and_written_again_has_the_same_weights(tmp_path):
    bundled = resolve().folder
    (tmp_path / "checkpoint").mkdir()
    unpack(bundled, tmp_path / "checkpoint")
    (tmp_path / "again").mkdir()
    convert(tmp_path / "checkpoint", tmp_path / "again", precision="int8")
    for name in ("weights.bin", "embeddings.bin"):
        assert (tmp_path / "again" / name).read_bytes() == (bundled / name).read_bytes()
    tokenizer = "tokenizer.json.gz"
    assert (tmp_path / "checkpoint" / tokenizer).read_bytes() == (bundled / tokenizer).read_bytes()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_hidden_layers": 1},
        {"num_attention_heads": 8},
        {"has_evidence": True},
        {"has_verdict": True, "num_hidden_layers": 6},
        {"has_verdict": True, "has_evidence": True},
    ],
)
def test_tensors_come_back_as_near_as_their_integers_allow(tmp_path, settings):
    checkpoint = write_tiny_two_segment(tmp_path / "checkpoint", **settings)
    (tmp_path / "unpacked").mkdir()
    unpack(graph_of(checkpoint, tmp_path / "graph"), tmp_path / "unpacked")
    before = load_file(checkpoint / "model.safetensors")
    after = load_file(tmp_path / "unpacked" / "model.safetensors")
    assert after.keys() == before.keys()
    for name in before.keys() - {"head.scale", "head.linear.weight"}:
        expected = before[name]
        if "token_type" in name:  # the second type is never used
            expected = expected[:1]
        is_integer = expected.ndim == 2 and name.startswith("encoder.")
        # Half a step of an output channel's 127.
        steps = np.abs(expected).max(axis=-1, keepdims=True) / 127 if is_integer else 0
        assert (np.abs(after[name] - expected) <= steps / 2 * 1.001 + 1e-6).all(), name


def test_scale_and_linear_part_of_the_head_come_back_as_their_sum(tmp_path):
    checkpoint = write_tiny_two_segment(tmp_path / "checkpoint")
    (tmp_path / "unpacked").mkdir()
    unpack(graph_of(checkpoint, tmp_path / "graph"), tmp_path / "unpacked")
    heads = []
    for folder in (checkpoint, tmp_path / "unpacked"):
        stored = load_file(folder / "model.safetensors")
        weight = stored["head.linear.weight"].copy()
        weight[:, weight.shape[1] // 2 :] += stored["head.scale"]
        heads.append(weight)
    np.testing.assert_allclose(heads[1], heads[0], atol=1e-5)


def test_word_embeddings_stay_in_their_very_blocks(tmp_path):
    checkpoint = write_tiny_two_segment(tmp_path / "checkpoint")
    (tmp_path / "unpacked").mkdir()
    unpack(graph_of(checkpoint, tmp_path / "graph"), tmp_path / "unpacked")
    before, after = (
        load_file(folder / "embeddings.safetensors")
        for folder in (checkpoint, tmp_path / "unpacked")
    )
    assert before.keys() == after.keys()
    assert all((before[name] == after[name]).all() for name in before)


@pytest.mark.parametrize(
    ("write", "precision"), [(write_tiny_bert, "int8"), (write_tiny_two_segment, "fp32")]
)
def test_a_graph_of_another_kind_is_refused(tmp_path, write, precision):
    checkpoint = write(tmp_path / "checkpoint")
    graph = graph_of(checkpoint, tmp_path / "graph", precision=precision)
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(ModelFilesInvalid, match="not an int8 graph of the bundled model's kind"):
        unpack(graph, tmp_path / "unpacked")
