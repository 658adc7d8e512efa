"""Tiny tokenizers that several parts of the tests share."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from support.running import Running, on_ray
from support.tiers import markers_of
from support.tiny_models import TINY, write_tiny_xlm_roberta
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from jingpai.backends.graph import convert

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = "what is a panda the giant bear hi it eats bamboo query : passage".split()


def pytest_configure() -> None:
    """Take Ctrl-C again where a shell has started the tests in the background.

    It has its children ignore the signal, and so would every program that the tests start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before what `-m` selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PyTorch or Ray."""
    for item in items:
        if isinstance(item, pytest.Function):
            for marker in markers_of(item.path, item.originalname):
                item.add_marker(marker)


@pytest.fixture
def bert_tokenizer() -> Tokenizer:
    """Words in, one token each; pairs as BERT writes them: [CLS] q [SEP] p [SEP]."""
    vocab = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


@pytest.fixture
def roberta_tokenizer() -> Tokenizer:
    """Words in, one token each; pairs as XLM-RoBERTa writes them: <s> q </s></s> p </s>."""
    vocab = {word: i for i, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>"])
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


@pytest.fixture(scope="session", autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory):
    """Graphs that tests make go to a folder of theirs, never to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JINGPAI_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An XLM-RoBERTa cross-encoder of a few kilobytes that reads a character a token."""
    return write_tiny_xlm_roberta(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def broken_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a graph, with NaN in the embedding of the letter Z, as a bad disk leaves it."""
    source = write_tiny_xlm_roberta(tmp_path_factory.mktemp("sound"))
    folder = tmp_path_factory.mktemp("broken")
    convert(source, folder, precision="fp32")
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    table = np.fromfile(folder / "embeddings.bin", np.float32).reshape(-1, TINY["hidden_size"])
    table[Tokenizer.from_file(str(folder / "tokenizer.json")).token_to_id("Z")] = np.nan
    table.tofile(folder / "embeddings.bin")
    return folder


@pytest.fixture(scope="session")
def ray_server(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Two replicas of the tiny model in fp32, on a Ray that `jingpai serve` starts."""
    flags = ("--model", f"tiny={tiny_folder}", "--replicas", "2", "--precision", "fp32")
    with on_ray(tmp_path_factory.mktemp("ray"), *flags) as server:
        yield server
