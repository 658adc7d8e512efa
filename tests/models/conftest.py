"""Tiny checkpoints, a fake hub, and settings that point to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save
from support.fake_hub import FakeHub, FakeRepository, settings_for, variables, write
from tokenizers import Tokenizer, models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jingpai.models.hub.environment import HubSettings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test, and nothing leaves the machine."""
    for name in (
        *("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE"),
        *("HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "XDG_CACHE_HOME", "JINGPAI_HUB", "JINGPAI_CACHE"),
        *("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN", "MODELSCOPE_API_TOKEN", "MODELSCOPE_CACHE"),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def weights() -> bytes:
    """A whole safetensors file of about 80 kB."""
    generator = np.random.default_rng(7)
    return save({"encoder": generator.normal(size=(100, 200)).astype(np.float32)})


@pytest.fixture(scope="session")
def checkpoint(weights: bytes) -> dict[str, bytes]:
    """The files of a cross-encoder, by name."""
    config = {
        "architectures": ["XLMRobertaForSequenceClassification"],
        "model_type": "xlm-roberta",
        "max_position_embeddings": 130,
        "pad_token_id": 1,
        "id2label": {"0": "LABEL_0"},
    }
    tokenizer = Tokenizer(models.WordLevel({"<s>": 0, "<pad>": 1, "</s>": 2}, unk_token="<s>"))
    return {
        "config.json": json.dumps(config).encode(),
        "tokenizer.json": tokenizer.to_str().encode(),
        "tokenizer_config.json": b'{"model_max_length": 128}',
        "model.safetensors": weights,
    }


@pytest.fixture
def folder(tmp_path: Path, checkpoint: dict[str, bytes]) -> Path:
    """A folder with a whole checkpoint."""
    return write(tmp_path / "my-reranker", checkpoint)


@pytest.fixture
def hub(checkpoint: dict[str, bytes]) -> Iterator[FakeHub]:
    """Both hubs, with the repository acme/reranker."""
    fake = FakeHub()
    fake.repositories["acme/reranker"] = FakeRepository(
        files={
            **checkpoint,
            "README.md": b"# A model",
            "modeling_acme.py": b"raise SystemExit",
            "pytorch_model.bin": b"pickled",
            "onnx/model.onnx": b"graph",
            "onnx/model.safetensors": b"elsewhere",
        }
    )
    yield fake
    fake.close()


@pytest.fixture
def settings(hub: FakeHub, tmp_path: Path) -> HubSettings:
    """Settings that point to the fake hub and to empty caches."""
    return settings_for(hub.endpoint, tmp_path)


@pytest.fixture
def environment(
    hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """The process environment, pointing to the fake hub and to empty caches."""
    for name, value in variables(hub.endpoint, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch
