import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file
from support.permissions import unreadable_files
from support.tiny_models import write_tiny_two_segment

from jingpai.backends.graph.checkpoint import Checkpoint
from jingpai.engine.identity import fingerprint_of
from jingpai.errors import ModelFilesInvalid
from jingpai.files.model_folder import ModelFolder
from jingpai.models.files import check_folder, is_complete, missing_files, size_on_disk


def shard(
    folder, *, names=("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
):
    (folder / "model.safetensors").unlink()
    weight_map = {}
    for index, name in enumerate(names):
        (folder / name).write_bytes(save({f"part{index}": np.ones(4, np.float32)}))
        weight_map[f"part{index}"] = name
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def test_a_whole_checkpoint_passes(folder):
    check_folder(folder)


def test_a_checkpoint_in_shards_passes(folder):
    shard(folder)
    check_folder(folder)
    assert [path.name for path in ModelFolder.read(folder).weights] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ]


def test_a_graph_with_a_packed_tokenizer_passes(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"graph")
    (tmp_path / "tokenizer.json.gz").write_bytes(b"packed")
    check_folder(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert missing_files(folder) == [name]
    with pytest.raises(ModelFilesInvalid, match=rf"{name} missing"):
        check_folder(folder)


def test_an_empty_folder_is_told_everything_that_it_lacks(tmp_path):
    with pytest.raises(ModelFilesInvalid, match=r"config.json, tokenizer.json, model.safetensors"):
        check_folder(tmp_path)


def test_a_missing_shard_is_named(folder):
    shard(folder)
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelFilesInvalid, match=r"model-00002-of-00002.safetensors missing"):
        check_folder(folder)


def test_pickled_weights_are_not_read_and_the_way_to_convert_them_is_told(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(
        ModelFilesInvalid, match=r"pytorch_model.bin.*never|safetensors only"
    ) as error:
        check_folder(folder)
    assert "save_pretrained('converted')" in str(error.value)


@pytest.mark.parametrize("source", ["sentencepiece.bpe.model", "vocab.txt"])
def test_a_tokenizer_in_another_form_comes_with_the_line_that_converts_it(folder, source):
    (folder / "tokenizer.json").rename(folder / source)
    with pytest.raises(ModelFilesInvalid, match=rf"can be made from {source}") as error:
        check_folder(folder)
    assert f"from_pretrained('{folder}', use_fast=True)" in str(error.value)


@pytest.mark.parametrize("kept", [0, 7, 20, 5000, -1])
def test_a_half_downloaded_file_is_found_and_named(folder, weights, kept):
    (folder / "model.safetensors").write_bytes(weights[:kept])
    with pytest.raises(ModelFilesInvalid, match=r"model.safetensors is broken") as error:
        check_folder(folder, again="jingpai pull acme/reranker --force")
    assert "`jingpai pull acme/reranker --force`" in str(error.value)


def test_a_file_with_too_many_bytes_is_broken_too(folder, weights):
    (folder / "model.safetensors").write_bytes(weights + b"more")
    with pytest.raises(ModelFilesInvalid, match=r"is broken"):
        check_folder(folder)


def test_a_pointer_of_large_file_storage_is_told_from_a_broken_file(folder):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 2271071852\n"
    (folder / "model.safetensors").write_bytes(pointer)
    with pytest.raises(ModelFilesInvalid, match=r"git lfs pull"):
        check_folder(folder)


def test_an_index_that_points_out_of_its_folder_is_refused(folder):
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "../../secret.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelFilesInvalid, match=r"outside of its folder"):
        check_folder(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"weight_map": {}}'])
def test_an_index_that_makes_no_sense_is_named(folder, content):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(content)
    with pytest.raises(ModelFilesInvalid, match=r"model.safetensors.index.json"):
        check_folder(folder)


def test_the_size_on_disk_counts_the_files_behind_links(folder, tmp_path):
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in folder.iterdir():
        (linked / path.name).symlink_to(path)
    assert size_on_disk(linked) == size_on_disk(folder) > 80_000


def both(folder):
    """Weights in one file and an index of shards beside it, as some repositories have them."""
    single = (folder / "model.safetensors").read_bytes()
    shard(folder)
    (folder / "model.safetensors").write_bytes(single)
    return folder


def test_of_one_file_and_shards_the_one_file_is_read_and_hashed(folder):
    whole = set(Checkpoint(folder)._entries)
    files = ModelFolder.read(both(folder))
    assert [path.name for path in files.weights] == ["model.safetensors"]
    assert files.checkpoint == files.weights
    assert [path.name for path in files.content] == ["config.json", "model.safetensors"]
    assert set(Checkpoint(folder)._entries) == whole


def test_shards_that_are_not_read_may_be_missing(folder):
    (both(folder) / "model-00002-of-00002.safetensors").unlink()
    check_folder(folder)


def test_embeddings_kept_apart_belong_to_the_content_of_a_model(tmp_path):
    folder = write_tiny_two_segment(tmp_path)
    before = fingerprint_of(folder)
    table = folder / "embeddings.safetensors"
    save_file({name: value + 1 for name, value in load_file(table).items()}, table)
    assert fingerprint_of(folder) != before


def test_a_broken_table_of_embeddings_is_found_before_it_is_loaded(tmp_path):
    folder = write_tiny_two_segment(tmp_path)
    table = folder / "embeddings.safetensors"
    table.write_bytes(table.read_bytes()[:-7])
    with pytest.raises(ModelFilesInvalid, match=r"embeddings\.safetensors is broken"):
        check_folder(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_file_that_may_not_be_read_is_told_from_a_broken_one(checkpoint, name):
    with (
        unreadable_files(checkpoint, name) as folder,
        pytest.raises(ModelFilesInvalid, match=rf"{name} may not be read.*chmod a\+r"),
    ):
        check_folder(folder)


def test_a_folder_that_may_not_be_read_is_named(checkpoint):
    with unreadable_files(checkpoint, ".") as folder:
        with pytest.raises(ModelFilesInvalid, match=rf"{folder}.* may not be read.*chmod a\+x"):
            check_folder(folder)
        assert not is_complete(folder)


def test_a_training_that_holds_models_says_where_they_lie(folder, tmp_path):
    folder.rename(tmp_path / "checkpoint-500")
    with pytest.raises(ModelFilesInvalid, match=r"A model lies in it: give .*checkpoint-500\."):
        check_folder(tmp_path)
