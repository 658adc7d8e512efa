import json
from pathlib import Path

import pytest
from support.fake_hub import FakeRepository, variables, write

from jingpai.errors import DownloadFailed, InvalidInput, ModelFilesInvalid, ModelNotFound
from jingpai.models.known.catalog import BUNDLED, BUNDLED_SPEC, find
from jingpai.models.resolve import is_local, locate, pull, resolve


def config(positions):
    return json.dumps(
        {
            "architectures": ["XLMRobertaForSequenceClassification"],
            "model_type": "xlm-roberta",
            "max_position_embeddings": positions,
            "pad_token_id": 1,
            "id2label": {"0": "LABEL_0"},
        }
    ).encode()


@pytest.fixture
def v2_m3(checkpoint):
    """The files of a tiny model whose configuration agrees with bge-reranker-v2-m3."""
    return {**checkpoint, "config.json": config(8194), "tokenizer_config.json": b"{}"}


@pytest.mark.parametrize("name", [None, BUNDLED, BUNDLED.upper(), f" {BUNDLED} "])
def test_no_name_and_the_bundled_name_mean_the_bundled_model(name, environment):
    if locate(name) is None:
        pytest.skip("the bundled model has not been built here")
    model = resolve(name)
    assert model.spec is BUNDLED_SPEC
    assert model.folder.name == "bundled"


def test_a_folder_is_used_as_it_is_without_a_request(folder, hub, environment):
    for name in (folder, str(folder), "my-reranker", "./my-reranker"):
        model = resolve(name)
        assert model.folder.resolve() == folder
        assert (model.spec.name, model.spec.max_tokens) == ("my-reranker", 128)
    assert hub.requests == []


def test_a_folder_in_the_home_is_found(folder, environment, tmp_path):
    environment.setenv("HOME", str(tmp_path))
    environment.setenv("USERPROFILE", str(tmp_path))
    assert resolve("~/my-reranker").folder == folder


def test_a_folder_named_like_a_known_model_that_agrees_with_it_is_that_model(
    v2_m3, environment, tmp_path
):
    write(tmp_path / "models/bge-reranker-v2-m3", v2_m3)
    assert resolve("models/bge-reranker-v2-m3").spec is find("bge-reranker-v2-m3")


def test_a_folder_named_like_a_known_model_that_differs_from_it_is_itself(
    checkpoint, environment, tmp_path
):
    write(tmp_path / "models/bge-reranker-v2-m3", checkpoint)
    spec = resolve("models/bge-reranker-v2-m3").spec
    assert (spec.name, spec.max_tokens) == ("bge-reranker-v2-m3", 128)


def test_a_folder_named_like_the_bundled_model_is_itself(v2_m3, environment, tmp_path):
    write(tmp_path / BUNDLED, {**v2_m3, "config.json": config(514)})
    spec = resolve(f"./{BUNDLED}").spec
    assert spec.max_tokens == BUNDLED_SPEC.max_tokens
    assert spec.template != BUNDLED_SPEC.template


def test_a_folder_that_exists_wins_over_a_repository_of_the_same_name(
    checkpoint, hub, environment, tmp_path
):
    write(tmp_path / "acme/reranker", checkpoint)
    assert resolve("acme/reranker").folder == Path("acme/reranker")
    assert resolve("huggingface:acme/reranker").folder != Path("acme/reranker")


def test_an_incomplete_folder_is_an_error_and_nothing_else_is_loaded(hub, environment, tmp_path):
    (tmp_path / "acme/reranker").mkdir(parents=True)
    with pytest.raises(ModelFilesInvalid, match=r"config.json, tokenizer.json, model.safetensors"):
        resolve("acme/reranker")
    assert hub.requests == []


def test_a_file_is_no_folder(folder, environment):
    with pytest.raises(ModelFilesInvalid, match=r"is a file; give the folder"):
        resolve(folder / "model.safetensors")


def test_a_graph_that_nothing_describes_is_an_error(tmp_path, environment):
    write(tmp_path / "graph", {"model.onnx": b"graph", "tokenizer.json": b"{}"})
    with pytest.raises(ModelFilesInvalid, match=r"has no config.json"):
        resolve("graph")


def test_a_name_on_the_hub_is_fetched_once(hub, environment):
    model = resolve("acme/reranker", progress=False)
    assert (model.spec.name, model.spec.max_tokens) == ("acme/reranker", 128)
    hub.requests.clear()
    assert resolve("acme/reranker") == model
    assert hub.requests == []


def test_a_known_model_is_found_by_its_short_name(hub, environment, v2_m3):
    hub.repositories["BAAI/bge-reranker-v2-m3"] = FakeRepository(v2_m3)
    assert resolve("bge-reranker-v2-m3").spec is not None
    assert resolve("bge-reranker-v2-m3").spec == find("BAAI/bge-reranker-v2-m3")


def test_a_revision_stands_behind_the_name(hub, environment):
    hub.repositories["acme/reranker"].revisions = ("v2",)
    assert resolve("acme/reranker@v2").spec.revision == "v2"


def test_a_known_model_is_fetched_at_the_revision_that_the_catalog_names(hub, environment, v2_m3):
    files = {**v2_m3, "config.json": config(514)}
    hub.repositories["maidalun1020/bce-reranker-base_v1"] = FakeRepository(
        files, revisions=("refs/pr/1", "master")
    )
    assert resolve("bce-reranker-base_v1").spec.revision == "refs/pr/1"
    assert resolve("modelscope:bce-reranker-base_v1").spec.revision == "master"


def test_modelscope_is_chosen_by_prefix_or_for_all_names(hub, environment):
    by_prefix = resolve("modelscope:acme/reranker").folder
    environment.setenv("JINGPAI_HUB", "modelscope")
    assert resolve("acme/reranker").folder == by_prefix
    assert "modelscope" in by_prefix.parts


def test_a_broken_file_in_the_cache_is_named_with_the_command_that_mends_it(hub, environment):
    weights = resolve("acme/reranker").folder / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:1000])
    with pytest.raises(ModelFilesInvalid, match=r"`jingpai pull acme/reranker --force`"):
        resolve("acme/reranker")
    pull("acme/reranker", force=True, progress=False)
    assert resolve("acme/reranker").folder / "model.safetensors" == weights
    assert weights.read_bytes() == content


def test_pull_of_a_folder_only_checks_it(folder, hub, environment):
    assert pull(str(folder)).folder == folder
    assert hub.requests == []


def test_what_can_be_loaded_without_a_network_is_told(folder, hub, environment):
    assert is_local(folder)
    assert not is_local("acme/reranker")
    resolve("acme/reranker")
    assert is_local("acme/reranker")
    assert locate("acme/reranker") == resolve("acme/reranker").folder


def test_a_cached_model_whose_index_is_broken_is_mended_by_pull(hub, environment, checkpoint):
    files = {name: content for name, content in checkpoint.items() if name != "model.safetensors"}
    name = "model-00001-of-00001.safetensors"
    files[name] = checkpoint["model.safetensors"]
    files["model.safetensors.index.json"] = b'{"weight_map": {"encoder": "%s"}}' % name.encode()
    hub.repositories["acme/reranker"] = FakeRepository(files)
    folder = resolve("acme/reranker").folder
    (folder / "model.safetensors.index.json").write_text("{")
    assert not is_local("acme/reranker")
    pull("acme/reranker", force=True)
    assert is_local("acme/reranker")


def test_an_embedding_model_is_told_from_a_reranker(hub, environment, checkpoint):
    hub.repositories["BAAI/bge-m3"] = FakeRepository(
        {**checkpoint, "config.json": b'{"architectures": ["XLMRobertaModel"]}'}
    )
    with pytest.raises(ModelFilesInvalid, match=r"holds no reranker.* XLMRobertaModel"):
        resolve("BAAI/bge-m3")


@pytest.mark.parametrize("name", ["bge-rerankr-v2-m3", "bge-reranker-v2"])
def test_a_misspelt_name_comes_with_the_closest_ones(environment, name):
    with pytest.raises(ModelNotFound, match=r"Did you mean .*BAAI/bge-reranker-v2-m3"):
        resolve(name)


@pytest.mark.parametrize(
    "name",
    [
        "./nowhere",
        "/no/where",
        "~/nowhere",
        "a/b/c",
        "..\\nowhere",
        "C:\\nowhere",
        Path("no/where"),
    ],
)
def test_a_path_that_does_not_exist_is_told_as_a_path(environment, hub, name, tmp_path):
    with pytest.raises(ModelNotFound, match=r"no folder") as error:
        resolve(name)
    assert str(tmp_path) in str(error.value)
    assert hub.requests == []


@pytest.mark.parametrize(
    "name", ["https://huggingface.co/acme/reranker", "~nobody-of-this-name/x", "x" * 5000]
)
def test_a_name_that_means_nothing_is_not_found(environment, hub, name):
    with pytest.raises(ModelNotFound):
        resolve(name)
    assert hub.requests == []


@pytest.mark.parametrize("name", ["", "  ", "a\0b", 7, b"name", ["name"]])
def test_what_is_no_name_is_invalid_input(environment, name):
    with pytest.raises(InvalidInput, match=r"model: "):
        resolve(name)


def test_no_other_model_is_loaded_when_one_cannot_be_fetched(tmp_path, environment):
    for name, value in variables("http://127.0.0.1:9", tmp_path).items():
        environment.setenv(name, value)
    with pytest.raises(DownloadFailed, match=r"could not be fetched"):
        resolve("bge-reranker-v2-m3")


def test_a_misspelt_repository_is_met_with_the_names_it_resembles_even_offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadFailed, match=r"Did you mean BAAI/bge-reranker-v2-m3"):
        resolve("BAAI/bge-reranker-v2-m4")


def test_a_model_that_cannot_be_run_is_refused_before_anything_is_fetched():
    with pytest.raises(ModelFilesInvalid, match="code of its own repository.*never executes"):
        resolve("BAAI/bge-reranker-v2.5-gemma2-lightweight")
