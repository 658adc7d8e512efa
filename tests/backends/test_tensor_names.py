"""Checkpoints with the names of older programs: what transformers reads, a graph reads too."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_bert, write_tiny_xlm_roberta

from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend
from jingpai.errors import ModelFilesInvalid

LENGTHS = (9, 40, 1)


def gamma_and_beta(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
        "LayerNorm.bias", "LayerNorm.beta"
    )


def without_prefix(name):
    return name.removeprefix("bert.").removeprefix("roberta.")


def prefix_before_all(name):
    return name if name.startswith("bert.") else f"bert.{name}"


RENAMED = {
    "gamma and beta": (write_tiny_bert, gamma_and_beta),
    "gamma and beta of a roberta": (write_tiny_xlm_roberta, gamma_and_beta),
    "no prefix": (write_tiny_bert, without_prefix),
    "no prefix of a roberta": (write_tiny_xlm_roberta, without_prefix),
    "a prefix before the head": (write_tiny_bert, prefix_before_all),
}


def renamed(folder, write, rename):
    write(folder)
    path = folder / "model.safetensors"
    tensors = {rename(name): values for name, values in load_file(path).items()}
    tensors["bert.embeddings.position_ids"] = np.arange(132)[None]
    save_file(tensors, path, metadata={"format": "pt"})
    return folder


def graph_logits(folder, batch):
    graph = folder / "graph"
    graph.mkdir()
    convert(folder, graph, precision="fp32")
    with_graph = OnnxBackend(graph, threads=1)
    logits = with_graph.logits(batch)
    with_graph.close()
    return logits


def with_a_layer_too_many(folder):
    renamed(folder, lambda path: write_tiny_bert(path, num_hidden_layers=4), without_prefix)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))


@pytest.mark.parametrize(("write", "rename"), RENAMED.values(), ids=RENAMED)
def test_a_graph_reads_the_names_of_older_programs(tmp_path, write, rename):
    for name in ("plain", "renamed"):
        (tmp_path / name).mkdir()
    batch = batch_of(random_rows(LENGTHS))
    write(tmp_path / "plain")
    expected = graph_logits(tmp_path / "plain", batch)
    found = graph_logits(renamed(tmp_path / "renamed", write, rename), batch)
    assert np.array_equal(found, expected)


@pytest.mark.torch
@pytest.mark.parametrize(("write", "rename"), RENAMED.values(), ids=RENAMED)
def test_transformers_reads_the_names_that_a_graph_reads(tmp_path, write, rename):
    pytest.importorskip("transformers")
    from jingpai.backends.pytorch.cross_encoder import TorchBackend

    batch = batch_of(random_rows(LENGTHS))
    renamed(tmp_path, write, rename)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        expected = TorchBackend(tmp_path, device="cpu", precision="fp32").logits(batch)
    np.testing.assert_allclose(graph_logits(tmp_path, batch), expected, rtol=0, atol=1e-4)


def test_layers_without_a_place_are_refused_without_a_prefix_too(tmp_path):
    with_a_layer_too_many(tmp_path)
    (tmp_path / "graph").mkdir()
    with pytest.raises(ModelFilesInvalid, match=r"encoder\.layer\.3.*num_hidden_layers"):
        convert(tmp_path, tmp_path / "graph", precision="fp32")


@pytest.mark.torch
def test_transformers_layers_without_a_place_are_refused_without_a_prefix_too(tmp_path):
    pytest.importorskip("transformers")
    from jingpai.backends.pytorch.cross_encoder import TorchBackend

    with_a_layer_too_many(tmp_path)
    with pytest.raises(ModelFilesInvalid, match=r"encoder\.layer\.3.*num_hidden_layers"):
        TorchBackend(tmp_path, device="cpu", precision="fp32")


def test_a_tensor_under_no_known_name_is_told_with_the_one_that_is_there(tmp_path):
    renamed(tmp_path, write_tiny_bert, lambda name: f"module.{name}")
    (tmp_path / "graph").mkdir()
    with pytest.raises(ModelFilesInvalid, match=r"hold no tensor bert\..*is module\.bert"):
        convert(tmp_path, tmp_path / "graph", precision="fp32")


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["float8_e4m3fn", "float8_e5m2", "int8"])
def test_numbers_of_eight_bits_are_refused_by_a_graph_and_by_transformers(tmp_path, kind):
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from safetensors.torch import load_file as load_torch
    from safetensors.torch import save_file as save_torch

    from jingpai.backends.pytorch.cross_encoder import TorchBackend

    path = write_tiny_bert(tmp_path) / "model.safetensors"
    small = {name: values.to(getattr(torch, kind)) for name, values in load_torch(path).items()}
    save_torch(small, path, metadata={"format": "pt"})
    (tmp_path / "graph").mkdir()
    with pytest.raises(ModelFilesInvalid, match=r"stored as (F8|I8).*allowed: F32"):
        convert(tmp_path, tmp_path / "graph", precision="fp32")
    with pytest.raises(ModelFilesInvalid, match=r"transformers cannot load"):
        TorchBackend(tmp_path, device="cpu", precision="fp32")
