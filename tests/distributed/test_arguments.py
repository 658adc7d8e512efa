"""What a configuration file of Ray Serve may say of the server."""

from __future__ import annotations

import pytest

from jingpai.distributed.arguments import read_settings
from jingpai.errors import InvalidInput
from jingpai.server.settings import ServerSettings

KEY = {"api_keys": ["secret"]}


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv("JINGPAI_API_KEYS", raising=False)


def test_settings_are_read_by_their_names():
    args = {**KEY, "models": ["one=/models/one"], "threads": 4, "request_timeout": 5}
    settings = ServerSettings(
        api_keys=("secret",), models=("one=/models/one",), threads=4, request_timeout=5.0
    )
    assert read_settings(args) == settings


def test_what_is_not_said_has_the_default_of_the_server():
    assert read_settings({"no_auth": True}) == ServerSettings()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"max_document": 5}, "no setting max_document. Did you mean max_documents?"),
        ({"zzz": 5}, "no setting zzz. `jingpai serve --help`"),
        ({"threads": "many"}, "threads: got 'many'; input should be a valid integer"),
        ({"max_documents": -1}, "max_documents: got -1; it cannot be less than 0"),
        ({"models": "tiny"}, "models: got 'tiny'; input should be a valid tuple"),
        ({"long_documents": "cut"}, "long_documents: got 'cut'; allowed are passages, truncate"),
        ({"precision": "int4"}, "precision: got 'int4'; allowed are auto, fp32"),
        ({"log_format": "xml"}, "log_format: got 'xml'; allowed are text, json"),
        ({"cors_origins": ["https://app/"]}, "Write 'https://app'"),
        ({"otlp_endpoint": "localhost:4318"}, "otlp_endpoint: got 'localhost:4318'; allowed"),
        ({"host": "0.0.0.0"}, "host is set under http_options"),
        ({"workers": 2}, "workers is set under deployments, as num_replicas"),
        ({"no_auth": "perhaps"}, "no_auth: got 'perhaps'"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_can(args, message):
    with pytest.raises(InvalidInput) as caught:
        read_settings({**KEY, **args})
    assert message in str(caught.value)


def test_a_server_without_keys_must_be_meant():
    with pytest.raises(InvalidInput, match="JINGPAI_API_KEYS.*no_auth: true"):
        read_settings({"threads": 2})


def test_keys_come_from_a_variable_that_no_file_shows(monkeypatch):
    monkeypatch.setenv("JINGPAI_API_KEYS", "one, two")
    assert read_settings({}).api_keys == ("one", "two")
    assert read_settings(KEY).api_keys == ("secret",)
