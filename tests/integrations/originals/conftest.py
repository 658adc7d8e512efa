"""A tiny cross-encoder that the originals can load as well: they ask for more than weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.tiny_models import write_tiny_xlm_roberta

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = write_tiny_xlm_roberta(tmp_path_factory.mktemp("tiny"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_max_length": 128,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return folder
