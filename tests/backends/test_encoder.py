"""The text encoder's graph: 4-bit matrices, and word embeddings shared with a cross-encoder."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.batches import batch_of, random_rows
from support.tiny_models import (
    dequantised,
    write_tiny_text_encoder,
    write_tiny_two_segment,
    write_tiny_xlm_roberta,
)
from support.two_segment_reference import text_vector

from jingpai.backends.graph import convert, convert_encoder
from jingpai.backends.loader import open_encoder
from jingpai.errors import BackendFailed, ModelFilesInvalid

LENGTHS = (9, 40, 1, 77, 23, 130)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_tiny_text_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def graph(checkpoint, tmp_path_factory):
    """A cross-encoder's graph, and that of a text encoder beside it."""
    folder = tmp_path_factory.mktemp("graph")
    convert(write_tiny_two_segment(folder / "model"), folder, precision="int8")
    convert_encoder(checkpoint, folder)
    return folder


@pytest.fixture(scope="module")
def encoder(graph):
    encoder = open_encoder(graph, threads=2)
    yield encoder
    encoder.close()


def cosines(first, second):
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return (first * second).sum(axis=1) / norms


def test_vectors_are_those_of_the_definition(encoder, checkpoint):
    rows = random_rows(LENGTHS)
    vectors = encoder.vectors(batch_of(rows))
    assert (vectors.dtype, vectors.shape) == (np.float32, (len(LENGTHS), 64))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    expected = np.array([text_vector(checkpoint, row.ids) for row in rows])
    assert cosines(expected[:-1], expected[1:]).max() < 0.99  # the next line tells rows apart
    assert cosines(vectors, expected).min() > 0.999


@pytest.mark.torch
def test_vectors_are_those_of_transformers(encoder, checkpoint):
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    config = transformers.BertConfig.from_pretrained(checkpoint)
    network = transformers.BertModel(config, add_pooling_layer=False).eval()
    state = load_file(checkpoint / "model.safetensors")
    stored = load_file(checkpoint / "embeddings.safetensors")
    state["embeddings.word_embeddings.weight"] = dequantised(stored)
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    rows = random_rows(LENGTHS)
    with torch.inference_mode():
        expected = [network(torch.tensor([row.ids]))[0][0].mean(0).numpy() for row in rows]
    assert cosines(encoder.vectors(batch_of(rows)), np.array(expected)).min() > 0.999


def test_padding_and_the_other_rows_do_not_matter(encoder):
    rows = random_rows(LENGTHS)
    together = encoder.vectors(batch_of(rows))
    for other in (
        encoder.vectors(batch_of(rows, width=131, padding_id=7)),
        encoder.vectors(batch_of(rows[::-1]))[::-1],
        np.concatenate([encoder.vectors(batch_of([row])) for row in rows]),
    ):
        np.testing.assert_allclose(other, together, rtol=0, atol=1e-5)


def test_the_segments_of_a_row_do_not_matter(encoder):
    rows = random_rows(LENGTHS)
    others = [row._replace(query_length=0) for row in rows]
    first, second = encoder.vectors(batch_of(rows)), encoder.vectors(batch_of(others))
    np.testing.assert_array_equal(first, second)


def test_the_word_embeddings_are_shared_and_the_matrices_stored_as_they_are(graph, checkpoint):
    names = {path.name for path in graph.iterdir() if path.is_file()}
    assert names == {"model.onnx", "weights.bin", "embeddings.bin", "encoder.onnx", "encoder.bin"}
    stored = (graph / "encoder.bin").read_bytes()
    for name, tensor in load_file(checkpoint / "layers-4bit.safetensors").items():
        assert tensor.tobytes() in stored, name


def test_other_word_embeddings_cannot_be_shared_and_are_left_as_they_are(graph, tmp_path):
    folder = tmp_path / "graph"
    folder.mkdir()
    shutil.copy(graph / "embeddings.bin", folder)
    other = write_tiny_text_encoder(tmp_path / "other", seed=1)
    with pytest.raises(ModelFilesInvalid, match=r"embeddings\.bin holds other tensors"):
        convert_encoder(other, folder)
    assert (folder / "embeddings.bin").read_bytes() == (graph / "embeddings.bin").read_bytes()
    assert not (folder / "encoder.onnx").exists()


def test_a_cut_off_table_cannot_be_shared(graph, checkpoint, tmp_path):
    (tmp_path / "embeddings.bin").write_bytes((graph / "embeddings.bin").read_bytes()[:-1])
    with pytest.raises(ModelFilesInvalid, match="holds other tensors"):
        convert_encoder(checkpoint, tmp_path)


def test_another_network_is_no_text_encoder(tmp_path):
    with pytest.raises(ModelFilesInvalid, match="BertModel"):
        convert_encoder(write_tiny_xlm_roberta(tmp_path), tmp_path)


def test_a_checkpoint_without_the_blocks_is_an_error_that_names_the_tensor(
    graph, checkpoint, tmp_path
):
    for path in checkpoint.iterdir():
        shutil.copy(path, tmp_path)
    shutil.copy(graph / "embeddings.bin", tmp_path)
    blocks = load_file(checkpoint / "layers-4bit.safetensors")
    blocks.pop("encoder.layer.1.output.dense.weight.blocks")
    save_file(blocks, tmp_path / "layers-4bit.safetensors")
    with pytest.raises(ModelFilesInvalid, match=r"layer\.1\.output\.dense\.weight\.blocks"):
        convert_encoder(tmp_path, tmp_path)


def test_a_row_longer_than_the_model_reads_is_an_error_that_names_its_length(encoder):
    with pytest.raises(BackendFailed, match="133 tokens"):
        encoder.vectors(batch_of(random_rows([133])))


def test_closing_twice_does_nothing_and_a_batch_after_it_is_an_error(graph):
    encoder = open_encoder(graph, threads=1)
    assert encoder.device == "cpu"
    encoder.close()
    encoder.close()
    with pytest.raises(BackendFailed, match="closed"):
        encoder.vectors(batch_of(random_rows([5])))


def test_a_folder_without_an_encoder_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(ModelFilesInvalid, match=r"encoder\.onnx"):
        open_encoder(tmp_path)
