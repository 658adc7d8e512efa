from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save_file
from support.tiny_models import write_tiny_xlm_roberta

from jingpai.backends.graph.checkpoint import CHUNK_BYTES, Checkpoint
from jingpai.errors import ModelFilesInvalid


def write_bfloat16(path, name, values):
    """A safetensors file by hand: numpy has no bfloat16."""
    raw = (values.view(np.uint32) >> 16).astype(np.uint16)
    header = {name: {"dtype": "BF16", "shape": list(values.shape), "data_offsets": [0, raw.nbytes]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw.tobytes())


@pytest.fixture
def values():
    return np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_floats_of_every_width_are_read_as_float32(tmp_path, values, dtype):
    save_file({"a": values.astype(dtype)}, tmp_path / "model.safetensors")
    read = Checkpoint(tmp_path).read("a", shape=(6, 4))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values.astype(dtype).astype(np.float32))


def test_bfloat16_is_read_as_the_float32_that_it_abbreviates(tmp_path, values):
    write_bfloat16(tmp_path / "model.safetensors", "a", values)
    read = Checkpoint(tmp_path).read("a", shape=(6, 4))
    np.testing.assert_array_equal(read, (values.view(np.uint32) & 0xFFFF0000).view(np.float32))


def test_shards_are_read_as_one(tmp_path, values):
    save_file({"a": values, "b": values + 1}, tmp_path / "one.safetensors")
    save_file({"c": values + 2}, tmp_path / "two.safetensors")
    index = {"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    checkpoint = Checkpoint(tmp_path)
    np.testing.assert_array_equal(checkpoint.read("c", shape=(6, 4)), values + 2)
    np.testing.assert_array_equal(checkpoint.read("b", shape=(6, 4)), values + 1)


def test_a_large_tensor_comes_in_chunks_that_make_it_up(tmp_path):
    values = np.arange(CHUNK_BYTES, dtype=np.float32).reshape(-1, 64)
    save_file({"a": values}, tmp_path / "model.safetensors")
    chunks = list(Checkpoint(tmp_path).chunks("a", shape=values.shape))
    assert len(chunks) == 4
    np.testing.assert_array_equal(np.concatenate(chunks), values)


def test_progress_ends_at_all_bytes(tmp_path, values):
    save_file({"a": values, "b": values}, tmp_path / "model.safetensors")
    calls = []
    checkpoint = Checkpoint(tmp_path, progress=lambda done, total: calls.append((done, total)))
    checkpoint.read("a", shape=(6, 4))
    checkpoint.read("b", shape=(6, 4))
    assert calls == [(96, 192), (192, 192)]


def test_a_folder_without_weights_says_that_pickles_are_not_read(tmp_path):
    with pytest.raises(ModelFilesInvalid, match="never loaded"):
        Checkpoint(tmp_path)


def test_missing_shards_are_named(tmp_path):
    index = {"weight_map": {"a": "gone.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelFilesInvalid, match=r"gone\.safetensors"):
        Checkpoint(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["not json", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": "../b.safetensors"}}'],
)
def test_a_broken_or_hostile_index_is_an_error(tmp_path, content):
    (tmp_path / "model.safetensors.index.json").write_text(content)
    with pytest.raises(ModelFilesInvalid, match="index"):
        Checkpoint(tmp_path)


@pytest.mark.parametrize("kept", [0, 5, 100, 0.5])
def test_a_half_downloaded_file_is_an_error_that_names_it(tmp_path, kept):
    path = write_tiny_xlm_roberta(tmp_path) / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(ModelFilesInvalid, match=r"model\.safetensors is broken"):
        Checkpoint(tmp_path)


def test_a_missing_tensor_is_named(tmp_path, values):
    save_file({"a": values}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFilesInvalid, match="no tensor b"):
        Checkpoint(tmp_path).read("b", shape=(6, 4))


def test_a_tensor_of_another_shape_is_an_error_that_names_both(tmp_path, values):
    save_file({"a": values}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFilesInvalid, match=r"\[6, 4\].*\[4, 6\]"):
        Checkpoint(tmp_path).read("a", shape=(4, 6))


def test_a_tensor_of_integers_is_an_error(tmp_path):
    save_file({"a": np.zeros((2, 2), np.int64)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFilesInvalid, match="I64"):
        Checkpoint(tmp_path).read("a", shape=(2, 2))


def test_a_scalar_is_read(tmp_path):
    save_file({"a": np.array(3, np.float32)}, tmp_path / "model.safetensors")
    assert Checkpoint(tmp_path).read("a", shape=()) == 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_a_value_that_is_no_number_is_an_error_that_names_file_and_tensor(
    tmp_path, values, dtype, value
):
    values[2, 1] = value
    save_file({"a": values.astype(dtype)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFilesInvalid, match=r"model\.safetensors: a holds NaN or infinity"):
        Checkpoint(tmp_path).read("a", shape=(6, 4))


def test_bfloat16_that_is_no_number_is_an_error_too(tmp_path, values):
    values[0, 0] = np.nan
    write_bfloat16(tmp_path / "model.safetensors", "a", values)
    with pytest.raises(ModelFilesInvalid, match=r"1 of 24 values"):
        Checkpoint(tmp_path).read("a", shape=(6, 4))


def test_a_number_that_float32_cannot_hold_is_an_error_and_no_warning(tmp_path):
    save_file({"a": np.array([1.0, 1e300])}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFilesInvalid, match="a holds NaN or infinity"):
        Checkpoint(tmp_path).read("a", shape=(2,))


def test_the_scales_of_blocks_are_looked_at_as_well(tmp_path):
    save_file({"a": np.array([1, np.inf], np.float16)}, tmp_path / "model.safetensors")
    with pytest.raises(ModelFilesInvalid, match="a holds NaN or infinity"):
        list(Checkpoint(tmp_path).raw_chunks("a", shape=(2,), dtypes=("F16",)))


def test_a_checkpoint_knows_what_nobody_asked_for(tmp_path, values):
    save_file({"a": values, "b": values}, tmp_path / "model.safetensors")
    checkpoint = Checkpoint(tmp_path)
    assert checkpoint.unread == {"a", "b"}
    checkpoint.read("a", shape=(6, 4))
    assert checkpoint.unread == {"b"}
