import threading

import pytest
from support.fake_hub import MODELSCOPE, FakeRepository, settings_for, write

from jingpai.errors import DownloadFailed, ModelFilesInvalid, ModelNotFound
from jingpai.models.hub.hubs import download, find_cached


def test_the_model_comes_whole_and_nothing_else_is_fetched(hub, settings, checkpoint):
    folder = download(MODELSCOPE, settings=settings)
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}
    assert found == checkpoint
    assert folder == settings.modelscope_cache / "acme/reranker/master"


def test_what_is_in_the_cache_is_found_without_a_request(hub, settings):
    assert find_cached(MODELSCOPE, settings=settings) is None
    folder = download(MODELSCOPE, settings=settings)
    hub.requests.clear()
    assert find_cached(MODELSCOPE, settings=settings) == folder
    assert hub.requests == []


@pytest.mark.parametrize(
    "place", ["models/acme/my___reranker", "acme/my.reranker", "hub/acme/my___reranker"]
)
def test_what_the_modelscope_package_has_fetched_is_used(settings, checkpoint, place):
    folder = write(settings.modelscope_shared / place, checkpoint)
    assert find_cached(MODELSCOPE._replace(name="acme/my.reranker"), settings=settings) == folder


def test_a_second_download_fetches_no_content_and_force_fetches_all(hub, settings):
    download(MODELSCOPE, settings=settings)
    hub.requests.clear()
    download(MODELSCOPE, settings=settings)
    assert not hub.asked_for("model.safetensors")
    download(MODELSCOPE, force=True, settings=settings)
    assert hub.asked_for("model.safetensors")


def test_a_download_goes_on_where_it_broke_off(hub, settings, checkpoint):
    repository = hub.repositories["acme/reranker"]
    repository.break_after, repository.breaks = 30_000, 2
    folder = download(MODELSCOPE, settings=settings)
    assert (folder / "model.safetensors").read_bytes() == checkpoint["model.safetensors"]
    assert hub.asked_for("/acme/reranker/model.safetensors") == ["", "bytes=30000-", "bytes=60000-"]


def test_a_download_goes_on_where_the_last_program_was_stopped(hub, settings, checkpoint):
    repository = hub.repositories["acme/reranker"]
    whole = checkpoint["model.safetensors"]
    folder = settings.modelscope_cache / "acme/reranker/master"
    digest = repository.sha256("model.safetensors")[:16]
    write(folder, {f"model.safetensors.part-{digest}": whole[:50_000]})
    download(MODELSCOPE, settings=settings)
    assert (folder / "model.safetensors").read_bytes() == whole
    assert hub.asked_for("/acme/reranker/model.safetensors") == ["bytes=50000-"]


def test_a_server_that_always_breaks_off_at_once_is_given_up(hub, settings):
    repository = hub.repositories["acme/reranker"]
    repository.break_after, repository.breaks = 0, 1000
    with pytest.raises(DownloadFailed, match=r"the connection broke at 0 of"):
        download(MODELSCOPE, settings=settings)


def test_a_damaged_file_is_found_by_its_hash_and_never_gets_its_name(hub, settings):
    repository = hub.repositories["acme/reranker"]
    repository.damaged = ("model.safetensors",)
    with pytest.raises(ModelFilesInvalid, match=r"damaged.*`jingpai pull modelscope:acme/reranker"):
        download(MODELSCOPE, settings=settings)
    assert not list((settings.modelscope_cache / "acme/reranker/master").glob("model*"))
    repository.damaged = ()
    download(MODELSCOPE, settings=settings)


def test_a_file_that_was_damaged_on_the_disk_is_found_when_the_model_is_pulled(hub, settings):
    folder = download(MODELSCOPE, settings=settings)
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelFilesInvalid, match=r"was damaged"):
        download(MODELSCOPE, settings=settings)


def test_two_downloads_at_once_do_not_disturb_each_other(hub, settings, checkpoint):
    folders = []
    threads = [
        threading.Thread(target=lambda: folders.append(download(MODELSCOPE, settings=settings)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 3
    assert (folders[0] / "model.safetensors").read_bytes() == checkpoint["model.safetensors"]
    assert len(hub.asked_for("/acme/reranker/model.safetensors")) == 1


def test_the_token_goes_to_the_hub_but_not_to_the_storage_that_it_redirects_to(hub, tmp_path):
    settings = settings_for(hub.endpoint, tmp_path, MODELSCOPE_API_TOKEN="ms-secret")
    download(MODELSCOPE, settings=settings)
    for (_, path, _), headers in zip(hub.requests, hub.headers, strict=True):
        assert ("authorization" in headers) == path.startswith("/api/v1/")
        assert ("cookie" in headers) == path.startswith("/api/v1/")


def test_an_unknown_repository_comes_with_the_closest_known_names(hub, settings):
    with pytest.raises(ModelNotFound, match=r"Did you mean BAAI/bge-reranker-v2-m3"):
        download(MODELSCOPE._replace(name="acme/bge-reranker-v2-m3"), settings=settings)


def test_an_unknown_revision_is_an_error_of_its_own(hub, settings):
    with pytest.raises(ModelNotFound, match=r"has no revision 'v9'"):
        download(MODELSCOPE._replace(revision="v9"), settings=settings)


@pytest.mark.parametrize("status", [401, 403])
def test_a_private_repository_says_how_to_get_access(hub, settings, status):
    hub.repositories["acme/reranker"].status = status
    with pytest.raises(DownloadFailed, match=r"MODELSCOPE_API_TOKEN"):
        download(MODELSCOPE, settings=settings)


@pytest.mark.parametrize("part", ["status", "file_status"])
def test_a_hub_in_trouble_leaves_the_user_with_other_ways(hub, settings, part):
    setattr(hub.repositories["acme/reranker"], part, 502)
    with pytest.raises(DownloadFailed, match=r"HTTP 502") as error:
        download(MODELSCOPE, settings=settings)
    assert "jingpai pull huggingface:acme/reranker" in str(error.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "http://hub.invalid", "no-address"])
def test_a_hub_that_cannot_be_reached_leaves_the_user_with_other_ways(tmp_path, endpoint):
    with pytest.raises(DownloadFailed, match=rf"could not be fetched from {endpoint}"):
        download(MODELSCOPE, settings=settings_for(endpoint, tmp_path))


def test_offline_a_model_that_is_not_in_the_cache_is_an_error_that_names_the_switch(hub, tmp_path):
    offline = settings_for(hub.endpoint, tmp_path, HF_HUB_OFFLINE="1")
    with pytest.raises(DownloadFailed, match=r"HF_HUB_OFFLINE"):
        download(MODELSCOPE, settings=offline)
    assert hub.requests == []


def test_a_repository_with_pickled_weights_only_is_not_fetched(hub, settings):
    hub.repositories["acme/reranker"] = FakeRepository(
        {"config.json": b"{}", "tokenizer.json": b"{}", "pytorch_model.bin": b"pickled"}
    )
    with pytest.raises(ModelFilesInvalid, match=r"safetensors only"):
        download(MODELSCOPE, settings=settings)


def test_a_disk_that_is_too_small_is_found_before_anything_is_fetched(hub, settings):
    with pytest.raises(DownloadFailed, match=r"JINGPAI_CACHE="):
        download(MODELSCOPE, settings=settings, free_space=lambda _: 0)
    assert not hub.asked_for("model.safetensors")
