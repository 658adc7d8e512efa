from __future__ import annotations

import json

import pytest
from support.tiny_models import write_tiny_bert

from jingpai.backends.graph import UnsupportedArchitecture, convert
from jingpai.backends.graph.architecture import read_architecture
from jingpai.errors import ModelFilesInvalid


def test_an_unknown_network_is_named_with_the_known_ones_and_the_way_out(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
    with pytest.raises(UnsupportedArchitecture) as caught:
        read_architecture(tmp_path)
    for part in ("'qwen3'", "bert", "xlm-roberta", 'pip install "jingpai[torch]"'):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"), [("hidden_act", "silu"), ("position_embedding_type", "relative_key")]
)
def test_an_unknown_choice_is_named_with_the_known_ones(tmp_path, key, value):
    write_tiny_bert(tmp_path, **{key: value})
    with pytest.raises(UnsupportedArchitecture, match=f"{key} '{value}'.*supported"):
        read_architecture(tmp_path)


@pytest.mark.parametrize("value", [None, 0, -1, "768", 1.5])
def test_a_size_that_is_no_positive_number_is_an_error(tmp_path, value):
    write_tiny_bert(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": value}))
    with pytest.raises(ModelFilesInvalid, match="hidden_size"):
        read_architecture(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_broken_config_is_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelFilesInvalid, match=r"config\.json"):
        read_architecture(tmp_path)


def test_a_folder_without_config_is_an_error(tmp_path):
    with pytest.raises(ModelFilesInvalid, match=r"no config\.json"):
        read_architecture(tmp_path)


def test_an_encoder_without_a_head_is_an_error_that_names_the_missing_tensor(tmp_path):
    write_tiny_bert(tmp_path, model_type="xlm-roberta")
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelFilesInvalid, match=r"no tensor roberta\.embeddings"):
        convert(tmp_path, tmp_path / "out", precision="fp32")
