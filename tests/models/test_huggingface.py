"""The real client of the Hugging Face hub, against a hub on loopback."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from safetensors.numpy import save
from support.fake_hub import HUGGING_FACE, MODELSCOPE, FakeRepository, settings_for, variables

from jingpai.errors import CacheUnusable, DownloadFailed, ModelFilesInvalid, ModelNotFound
from jingpai.models.hub.hubs import download, find_cached
from jingpai.models.resolve import resolve

BUNDLED_HINT = "uses the bundled model"


def test_the_model_comes_whole_and_nothing_else_is_fetched(hub, settings, checkpoint):
    folder = download(HUGGING_FACE, settings=settings)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == checkpoint
    assert not [
        path for _, path, _ in hub.requests if path.endswith((".py", ".bin", ".onnx", ".md"))
    ]


def test_a_model_in_shards_comes_whole(hub, settings, checkpoint):
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    files = {name: content for name, content in checkpoint.items() if name != "model.safetensors"}
    files |= {name: save({name: np.ones(9, np.float32)}) for name in names}
    files["model.safetensors.index.json"] = (
        b'{"weight_map": {"a": "' + names[0].encode() + b'", "b": "' + names[1].encode() + b'"}}'
    )
    hub.repositories["acme/reranker"] = FakeRepository(files)
    folder = download(HUGGING_FACE, settings=settings)
    assert {path.name for path in folder.iterdir()} == set(files)


def test_what_is_in_the_cache_is_found_without_a_request(hub, settings):
    assert find_cached(HUGGING_FACE, settings=settings) is None
    folder = download(HUGGING_FACE, settings=settings)
    hub.requests.clear()
    assert find_cached(HUGGING_FACE, settings=settings) == folder
    assert hub.requests == []


def test_a_second_download_fetches_no_content(hub, settings):
    download(HUGGING_FACE, settings=settings)
    hub.requests.clear()
    download(HUGGING_FACE, settings=settings)
    assert not hub.asked_for("model.safetensors")


def test_force_fetches_everything_again(hub, settings):
    download(HUGGING_FACE, settings=settings)
    hub.requests.clear()
    download(HUGGING_FACE, force=True, settings=settings)
    assert hub.asked_for("model.safetensors")
    assert hub.asked_for("config.json")


def test_a_cache_that_lacks_a_file_is_completed(hub, settings):
    folder = download(HUGGING_FACE, settings=settings)
    (folder / "tokenizer.json").unlink()
    assert find_cached(HUGGING_FACE, settings=settings) is None
    hub.requests.clear()
    assert (download(HUGGING_FACE, settings=settings) / "tokenizer.json").is_file()
    assert not hub.asked_for("model.safetensors")


def test_a_download_that_broke_off_ends_whole(hub, settings, checkpoint):
    large = save({"encoder": np.arange(3_000_000, dtype=np.float32)})
    hub.repositories["acme/reranker"] = FakeRepository(
        {**checkpoint, "model.safetensors": large}, break_after=11_000_000, breaks=1
    )
    # Whether one call goes on after a break depends on the version of the client.
    try:
        folder = download(HUGGING_FACE, settings=settings)
    except DownloadFailed:
        folder = download(HUGGING_FACE, settings=settings)
    assert (folder / "model.safetensors").read_bytes() == large
    ranges = hub.asked_for("model.safetensors")
    assert len(ranges) == 2
    assert ranges[1].startswith("bytes=1")


def test_a_damaged_file_is_found_by_its_hash_removed_and_named(hub, settings):
    repository = hub.repositories["acme/reranker"]
    repository.damaged = ("model.safetensors",)
    with pytest.raises(ModelFilesInvalid, match=r"model.safetensors was damaged") as error:
        download(HUGGING_FACE, settings=settings)
    assert "`jingpai pull acme/reranker --force`" in str(error.value)
    assert find_cached(HUGGING_FACE, settings=settings) is None
    repository.damaged = ()
    download(HUGGING_FACE, settings=settings)


def test_a_revision_is_fetched_and_kept_under_its_name(hub, settings):
    hub.repositories["acme/reranker"].revisions = ("refs/pr/1",)
    pinned = HUGGING_FACE._replace(revision="refs/pr/1")
    folder = download(pinned, settings=settings)
    assert find_cached(pinned, settings=settings) == folder
    assert find_cached(HUGGING_FACE, settings=settings) is None


def test_an_unknown_revision_is_an_error_of_its_own(hub, settings):
    with pytest.raises(ModelNotFound, match=r"has no revision 'v9'"):
        download(HUGGING_FACE._replace(revision="v9"), settings=settings)


@pytest.mark.parametrize("status", [401, 404])
def test_an_unknown_repository_comes_with_the_closest_known_names(hub, settings, status):
    hub.repositories["models/bge-reranker-v2-m3"] = FakeRepository(
        {}, status=status, error_code="RepoNotFound"
    )
    name = "models/bge-reranker-v2-m3"
    with pytest.raises(ModelNotFound, match=r"Did you mean BAAI/bge-reranker-v2-m3") as error:
        download(HUGGING_FACE._replace(name=name), settings=settings)
    assert "HF_TOKEN" in str(error.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_repository_says_how_to_get_access(hub, settings, status):
    repository = hub.repositories["acme/reranker"]
    repository.status, repository.error_code = status, "GatedRepo"
    with pytest.raises(DownloadFailed, match=r"accept its terms.*HF_TOKEN.*hf auth login"):
        download(HUGGING_FACE, settings=settings)


def test_a_token_that_is_refused_is_told_from_a_missing_repository(hub, settings):
    hub.repositories["acme/reranker"].status = 403
    with pytest.raises(DownloadFailed, match=r"HTTP 403.*HF_TOKEN"):
        download(HUGGING_FACE, settings=settings)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_in_trouble_leaves_the_user_with_other_ways(hub, settings, status):
    hub.repositories["acme/reranker"].status = status
    with pytest.raises(DownloadFailed, match=rf"HTTP {status}") as error:
        download(HUGGING_FACE, settings=settings)
    for way in ("jingpai pull acme/reranker", "HF_ENDPOINT=https://hf-mirror.com", "modelscope:"):
        assert way in str(error.value)
    assert BUNDLED_HINT in str(error.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://hub.invalid", "no-address"])
def test_a_hub_that_cannot_be_reached_leaves_the_user_with_other_ways(tmp_path, endpoint):
    with pytest.raises(DownloadFailed, match=rf"could not be fetched from {endpoint}") as error:
        download(HUGGING_FACE, settings=settings_for(endpoint, tmp_path))
    assert "HTTPS_PROXY" in str(error.value)
    assert 'Reranker("./reranker")' in str(error.value)
    assert error.value.__cause__ is not None


def test_a_repository_with_pickled_weights_only_is_not_fetched(hub, settings, checkpoint):
    files = {name: content for name, content in checkpoint.items() if name != "model.safetensors"}
    hub.repositories["acme/reranker"] = FakeRepository({**files, "pytorch_model.bin": b"pickled"})
    with pytest.raises(ModelFilesInvalid, match=r"no model.safetensors.*safetensors only") as error:
        download(HUGGING_FACE, settings=settings)
    assert "M.from_pretrained('acme/reranker')" in str(error.value)
    assert not hub.asked_for("pytorch_model.bin")


def test_a_repository_that_is_no_model_is_told_so(hub, settings):
    hub.repositories["acme/reranker"] = FakeRepository({"README.md": b"Nothing here."})
    with pytest.raises(ModelFilesInvalid, match=r"It is not a model"):
        download(HUGGING_FACE, settings=settings)


def test_offline_a_model_in_the_cache_is_found(hub, settings, tmp_path):
    folder = download(HUGGING_FACE, settings=settings)
    offline = settings_for(hub.endpoint, tmp_path, HF_HUB_OFFLINE="1")
    assert find_cached(HUGGING_FACE, settings=offline) == folder


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids"),
        ({"TRANSFORMERS_OFFLINE": "1"}, "TRANSFORMERS_OFFLINE forbids"),
        (
            {"HF_HUB_OFFLINE": "on", "TRANSFORMERS_OFFLINE": "1"},
            "HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE forbid ",
        ),
    ],
)
def test_offline_a_model_that_is_not_in_the_cache_is_an_error_that_names_the_switch(
    hub, tmp_path, variables, said
):
    offline = settings_for(hub.endpoint, tmp_path, **variables)
    with pytest.raises(DownloadFailed, match=r"not in the cache \(.*hub\)") as error:
        download(HUGGING_FACE, settings=offline)
    assert said in str(error.value)
    assert ("HF_HUB_OFFLINE" in said) == ("HF_HUB_OFFLINE" in str(error.value))
    assert hub.requests == []


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_offline_the_file_that_the_cache_lacks_is_named(hub, settings, tmp_path, name):
    (download(HUGGING_FACE, settings=settings) / name).unlink()
    offline = settings_for(hub.endpoint, tmp_path, HF_HUB_OFFLINE="1")
    with pytest.raises(DownloadFailed, match=rf"not completely in the cache[\s\S]*{name} missing"):
        download(HUGGING_FACE, settings=offline)


def test_offline_pickled_weights_in_the_cache_come_with_the_line_that_converts_them(
    hub, settings, tmp_path
):
    folder = download(HUGGING_FACE, settings=settings)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    offline = settings_for(hub.endpoint, tmp_path, HF_HUB_OFFLINE="1")
    with pytest.raises(DownloadFailed, match=r"There is pytorch_model\.bin, but jingpai reads"):
        download(HUGGING_FACE, settings=offline)


@pytest.mark.parametrize("place", [".", "snapshots", "..", "../.."])
def test_a_folder_around_a_cached_model_says_where_the_model_lies(settings, hub, place):
    snapshot = download(HUGGING_FACE, settings=settings)
    around = (snapshot.parent.parent / place).resolve()
    with pytest.raises(ModelFilesInvalid, match=r"no complete model") as error:
        resolve(around)
    assert str(snapshot) in str(error.value)


@pytest.mark.parametrize(
    ("repository", "variable"), [(HUGGING_FACE, "HF_HOME"), (MODELSCOPE, "JINGPAI_CACHE")]
)
def test_a_cache_that_cannot_be_written_is_told_from_a_broken_network(
    hub, tmp_path, repository, variable
):
    (tmp_path / "file").write_text("where a folder should be")
    below = str(tmp_path / "file" / "cache")
    settings = settings_for(hub.endpoint, tmp_path, **{variable: below})
    with pytest.raises(CacheUnusable, match=rf"cannot be written.*Set {variable}"):
        download(repository, settings=settings)


def test_a_disk_that_is_too_small_is_found_before_anything_is_fetched(hub, settings):
    with pytest.raises(
        DownloadFailed, match=r"[\d,]+ bytes are needed, 50,000 bytes are free"
    ) as error:
        download(HUGGING_FACE, settings=settings, free_space=lambda _: 50_000)
    assert str(settings.huggingface_cache) in str(error.value)
    assert "HF_HOME=" in str(error.value)
    assert not hub.asked_for("model.safetensors")


@pytest.mark.parametrize("prefix", ["", "modelscope:"])
def test_a_disk_that_fills_up_on_the_way_is_told_from_a_broken_network(hub, tmp_path, prefix):
    code = f"""
        import resource, sys
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        from jingpai.errors import DownloadFailed
        from jingpai.models.resolve import resolve
        try:
            resolve("{prefix}acme/reranker")
        except DownloadFailed as error:
            sys.exit(0 if "Not enough disk space" in str(error) else str(error))
        sys.exit("it fits")
    """
    pytest.importorskip("resource")
    run(code, variables(hub.endpoint, tmp_path), folder=tmp_path)


def test_the_environment_is_obeyed_even_when_it_changes_after_the_client_was_imported(
    hub, tmp_path
):
    code = f"""
        import huggingface_hub.constants, os
        os.environ.update({variables(hub.endpoint, tmp_path)!r})
        from jingpai.models.resolve import resolve
        assert str(resolve("acme/reranker").folder).startswith({str(tmp_path)!r})
    """
    run(code, {"HF_ENDPOINT": "http://127.0.0.1:9"}, folder=tmp_path)


def test_the_token_goes_to_the_hub(hub, environment):
    environment.setenv("HF_TOKEN", "hf_secret")
    download(HUGGING_FACE)
    assert hub.headers[0]["authorization"] == "Bearer hf_secret"


def run(code, environment, *, folder):
    """Run code in a process of its own, which must end well."""
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        cwd=folder,
        check=True,
        timeout=120,
    )
