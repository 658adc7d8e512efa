"""A tiny reranker in a folder, and the program as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

import jingpai as jingpai_package

HIDDEN, INNER, LAYERS, POSITIONS = 32, 64, 1, 130

# What people's shells may set, and what would make a run differ from one machine to the next.
VARIABLES = (
    *("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "JINGPAI_LANG", "COLUMNS", "LINES"),
    *("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE", "TERM"),
    *("HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE", "JINGPAI_HUB", "JINGPAI_CACHE"),
    *("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"),
    *("PYTHONIOENCODING", "GITHUB_ACTIONS", "PY_COLORS", "USE_TF"),
)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that reads bytes, one token each, so that every text in every script is different."""
    folder = tmp_path_factory.mktemp("models") / "tiny-reranker"
    folder.mkdir()
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "architectures": ["XLMRobertaForSequenceClassification"],
        "model_type": "xlm-roberta",
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "vocab_size": tokenizer.get_vocab_size(),
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 1,
        "pad_token_id": 1,
        "layer_norm_eps": 1e-5,
        "hidden_act": "gelu",
        "id2label": {"0": "LABEL_0"},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    save_file(_weights(tokenizer.get_vocab_size()), folder / "model.safetensors")
    return folder


def _tokenizer() -> Tokenizer:
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: index for index, token in enumerate([*specials, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab, [], unk_token="<unk>"))
    tokenizer.add_special_tokens(specials)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def _weights(vocabulary: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return random.normal(scale=0.3, size=shape).astype(np.float32)

    weights = {
        "roberta.embeddings.word_embeddings.weight": matrix(vocabulary, HIDDEN),
        "roberta.embeddings.position_embeddings.weight": matrix(POSITIONS, HIDDEN),
        "roberta.embeddings.token_type_embeddings.weight": matrix(1, HIDDEN),
        "classifier.dense.weight": matrix(HIDDEN, HIDDEN),
        "classifier.dense.bias": matrix(HIDDEN),
        "classifier.out_proj.weight": matrix(1, HIDDEN),
        "classifier.out_proj.bias": matrix(1),
    }
    norms = ["roberta.embeddings.LayerNorm"]
    for index in range(LAYERS):
        layer = f"roberta.encoder.layer.{index}"
        sizes = {
            "attention.self.query": (HIDDEN, HIDDEN),
            "attention.self.key": (HIDDEN, HIDDEN),
            "attention.self.value": (HIDDEN, HIDDEN),
            "attention.output.dense": (HIDDEN, HIDDEN),
            "intermediate.dense": (INNER, HIDDEN),
            "output.dense": (HIDDEN, INNER),
        }
        for name, shape in sizes.items():
            weights[f"{layer}.{name}.weight"] = matrix(*shape)
            weights[f"{layer}.{name}.bias"] = matrix(shape[0])
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name in norms:
        weights[f"{name}.weight"] = np.ones(HIDDEN, np.float32)
        weights[f"{name}.bias"] = np.zeros(HIDDEN, np.float32)
    return weights


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment without the habits of this machine, and with caches that are empty."""
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    # The program is run from other folders, and with the package that these tests import.
    package = str(Path(jingpai_package.__file__).parent.parent)
    paths = [package, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(paths),
        "LC_ALL": "C.UTF-8",
        "JINGPAI_CACHE": str(tmp_path / "jingpai-cache"),
        "HF_HOME": str(tmp_path / "hf-home"),
        # No test talks to a hub by mistake.
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "MODELSCOPE_ENDPOINT": "http://127.0.0.1:9",
    }


Jingpai = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def jingpai(environment: dict[str, str], tmp_path: Path) -> Jingpai:
    """Run the program: `jingpai("rank", "query", stdin="...", env={...})`."""

    def run(
        *arguments: str | Path, stdin: str | bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "jingpai", *map(str, arguments)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=environment | (env or {}),
            cwd=tmp_path,
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run
