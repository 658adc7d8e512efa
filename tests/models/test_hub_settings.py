from pathlib import Path

import pytest
from huggingface_hub import constants

from jingpai.errors import CacheUnusable, InvalidInput
from jingpai.models.hub.environment import HubSettings
from jingpai.models.resolve import is_local, resolve


def test_without_variables_the_public_hub_and_the_shared_cache_are_used():
    settings = HubSettings.read({})
    assert settings.hub == "huggingface"
    assert not settings.offline
    assert settings.huggingface_endpoint == "https://huggingface.co"
    assert settings.huggingface_cache == Path.home() / ".cache/huggingface/hub"
    assert settings.modelscope_endpoint == "https://www.modelscope.cn"
    assert settings.modelscope_cache == Path.home() / ".cache/jingpai/modelscope"


def test_the_cache_is_the_one_that_the_client_itself_would_use():
    environ = {"XDG_CACHE_HOME": str(Path(constants.HF_HOME).parent)}
    assert HubSettings.read(environ).huggingface_cache.name == "hub"
    assert HubSettings.read({"HF_HOME": "/x"}).huggingface_cache == Path("/x/hub")
    assert HubSettings.read({"HF_HOME": "/x", "HF_HUB_CACHE": "/y"}).huggingface_cache == Path("/y")
    assert HubSettings.read({"HUGGINGFACE_HUB_CACHE": "/z"}).huggingface_cache == Path("/z")
    assert HubSettings.read({"XDG_CACHE_HOME": "/c"}).huggingface_cache == Path(
        "/c/huggingface/hub"
    )


def test_a_home_sign_in_a_folder_is_understood():
    assert HubSettings.read({"HF_HOME": "~/hf"}).huggingface_cache == Path.home() / "hf/hub"


@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_either_offline_variable_switches_the_network_off(name, value):
    assert HubSettings.read({name: value}).offline


@pytest.fixture
def homeless(monkeypatch):
    """A home that is not known: what `~` stands for is `~` itself, as with HOME="~"."""
    monkeypatch.setenv("HOME", "~")
    monkeypatch.setenv("USERPROFILE", "~")


def test_without_a_home_each_folder_that_is_set_is_used(homeless):
    settings = HubSettings.read({"HF_HOME": "/x", "JINGPAI_CACHE": "/y"})
    assert settings.huggingface_cache == Path("/x/hub")
    assert settings.modelscope_cache == Path("/y/modelscope")
    assert settings.modelscope_shared is None
    assert HubSettings.read({"XDG_CACHE_HOME": "/c"}).huggingface_cache == Path(
        "/c/huggingface/hub"
    )


@pytest.mark.parametrize(
    ("hub", "variable"), [("huggingface", "HF_HOME"), ("modelscope", "JINGPAI_CACHE")]
)
def test_without_a_home_the_variable_that_is_missing_is_named(homeless, hub, variable):
    settings = HubSettings.read({"JINGPAI_HUB": hub})
    with pytest.raises(CacheUnusable, match=rf"home of this user.*Set {variable}"):
        settings.cache(settings.hub)


@pytest.mark.parametrize("name", ["acme/reranker", "modelscope:acme/reranker"])
def test_without_a_home_a_model_on_a_hub_is_not_here_and_cannot_be_fetched(homeless, name):
    assert not is_local(name)
    with pytest.raises(CacheUnusable, match=r"home of this user"):
        resolve(name)


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_an_offline_variable_that_says_no_leaves_it_on(value):
    assert not HubSettings.read({"HF_HUB_OFFLINE": value}).offline


def test_modelscope_can_be_made_the_hub_of_plain_names():
    assert HubSettings.read({"JINGPAI_HUB": "ModelScope"}).hub == "modelscope"


def test_a_hub_that_does_not_exist_is_an_error_that_names_those_that_do():
    with pytest.raises(InvalidInput, match=r"JINGPAI_HUB: 'github'.* huggingface or modelscope"):
        HubSettings.read({"JINGPAI_HUB": "github"})


def test_a_mirror_of_modelscope_is_set_by_domain_or_by_endpoint():
    domain = HubSettings.read({"MODELSCOPE_DOMAIN": "www.modelscope.ai"})
    assert domain.modelscope_endpoint == "https://www.modelscope.ai"
    endpoint = HubSettings.read({"MODELSCOPE_ENDPOINT": "http://10.0.0.1:8000/"})
    assert endpoint.modelscope_endpoint == "http://10.0.0.1:8000"
