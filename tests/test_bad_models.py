"""A folder that is no sound model is refused before anything is scored, by either backend."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.tiny_models import write_tiny_bert, write_tiny_xlm_roberta
from tokenizers import AddedToken, Tokenizer

from jingpai import Reranker
from jingpai.errors import ModelFilesInvalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LAYER = "roberta.encoder.layer.1"
WORDS = "roberta.embeddings.word_embeddings.weight"

# bf16 is what only PyTorch runs on a CPU.
BACKENDS = {
    "onnx": "fp32",
    "onnx int8": "int8",
    "torch": pytest.param("bf16", marks=pytest.mark.torch),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_xlm_roberta(tmp_path / "my-reranker")


@pytest.fixture(params=list(BACKENDS.values()), ids=list(BACKENDS))
def refusal(request, folder: Path) -> Callable[[], str]:
    """Open the folder and return what is said against it."""

    def open_folder() -> str:
        with pytest.raises(ModelFilesInvalid) as caught:
            Reranker(folder, device="cpu", precision=request.param)
        return str(caught.value)

    return open_folder


def configure(folder: Path, **settings: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def change_tensors(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.mark.parametrize("precision", BACKENDS.values(), ids=BACKENDS)
def test_a_sound_folder_is_opened(folder, precision):
    with Reranker(folder, device="cpu", precision=precision) as reranker:
        assert reranker.precision == precision
        assert len(reranker.score("a", ["b"])) == 1


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"hidden_size": 32}, "64"),
        ({"intermediate_size": 64}, "128"),
        ({"vocab_size": 500}, "500"),
        ({"max_position_embeddings": 514}, "514"),
        ({"type_vocab_size": 2}, "2"),
        ({"num_hidden_layers": 4}, "roberta.encoder.layer.3."),
        ({"id2label": {"0": "no", "1": "yes"}}, "classifier.out_proj"),
    ],
    ids=str,
)
def test_a_config_that_lies_about_a_size_is_told_with_what_the_weights_hold(
    folder, refusal, settings, told
):
    configure(folder, **settings)
    message = refusal()
    assert str(folder) in message
    assert told in message


def test_a_config_that_leaves_layers_out_is_told_although_a_score_would_come_out(folder, refusal):
    configure(folder, num_hidden_layers=2)
    message = refusal()
    assert "roberta.encoder.layer.2." in message
    assert f"{folder / 'config.json'}" in message
    assert "num_hidden_layers" in message


def test_a_missing_tensor_is_named(folder, refusal):
    change_tensors(folder, lambda tensors: tensors.pop(f"{LAYER}.output.dense.weight"))
    assert f"{LAYER}.output.dense.weight" in refusal()


@pytest.mark.parametrize("name", [f"{LAYER}.attention.self.query.lora_A.weight", "classifier.bias"])
def test_an_extra_tensor_in_a_layer_or_in_the_head_is_named(folder, refusal, name):
    change_tensors(folder, lambda tensors: tensors.update({name: np.zeros(64, np.float32)}))
    assert name in refusal()


@pytest.mark.parametrize("precision", BACKENDS.values(), ids=BACKENDS)
def test_what_is_left_over_from_training_changes_no_score(folder, precision):
    with Reranker(folder, device="cpu", precision=precision, scale="logit") as reranker:
        before = reranker.score("a", ["b", "c"])
    left_over: dict[str, np.ndarray] = {
        "roberta.embeddings.position_ids": np.arange(132)[None],
        "roberta.pooler.dense.weight": np.full((64, 64), np.nan, np.float32),
        "roberta.pooler.dense.bias": np.ones(64, np.float32),
        "lm_head.dense.weight": np.ones((64, 64), np.float32),
        "lm_head.bias": np.ones(99, np.float32),
    }
    change_tensors(folder, lambda tensors: tensors.update(left_over))
    with Reranker(folder, device="cpu", precision=precision, scale="logit") as reranker:
        assert reranker.score("a", ["b", "c"]) == before


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [WORDS, f"{LAYER}.output.LayerNorm.bias", "classifier.dense.bias"])
def test_a_weight_that_is_no_number_is_named(folder, refusal, name, value):
    change_tensors(folder, lambda tensors: tensors[name].reshape(-1).__setitem__(3, value))
    message = refusal()
    assert str(folder) in message
    assert f"{name} holds NaN or infinity" in message


def test_a_pickled_checkpoint_is_refused_with_the_way_to_convert_it(folder, refusal):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    message = refusal()
    assert "pytorch_model.bin" in message
    assert "save_pretrained('converted')" in message


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"architectures": ["XLMRobertaModel"]}, "XLMRobertaModel"),
        ({"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"}, "T5For"),
        ({"model_type": "bert"}, "bert."),
    ],
    ids=str,
)
def test_another_architecture_is_named(folder, refusal, settings, told):
    configure(folder, **settings)
    message = refusal()
    assert str(folder) in message
    assert told in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_size", "64"),
        ("num_attention_heads", 5),
        ("num_hidden_layers", None),
        ("type_vocab_size", 0),
        ("layer_norm_eps", "small"),
        ("pad_token_id", -1),
        ("vocab_size", True),
    ],
)
def test_a_config_that_makes_no_sense_is_told_by_its_key(folder, key, value):
    configure(folder, **{key: value})
    with pytest.raises(ModelFilesInvalid, match=key):
        Reranker(folder, device="cpu", precision="fp32")


def test_a_padding_id_of_null_is_as_good_as_none(folder):
    with Reranker(folder, device="cpu", precision="fp32") as reranker:
        expected = reranker.score("a", ["b"])
    configure(folder, pad_token_id=None)
    with Reranker(folder, device="cpu", precision="fp32") as reranker:
        assert reranker.score("a", ["b"]) == expected


def test_a_tokenizer_with_ids_that_the_model_lacks_is_refused(folder, refusal):
    path = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    known = tokenizer.get_vocab_size()
    tokenizer.add_tokens([AddedToken("<extra>", special=True)])
    tokenizer.save(str(path))
    message = refusal()
    assert f"{path}: its largest token id is {known}" in message
    assert f"the model has {known} word embeddings" in message


def test_a_tokenizer_of_another_model_is_refused_where_it_is_larger(tmp_path, folder, refusal):
    other = json.loads((folder / "tokenizer.json").read_text())
    other["model"]["vocab"] |= {f"word{number}": 200 + number for number in range(300)}
    (folder / "tokenizer.json").write_text(json.dumps(other))
    assert "tokenizer.json: its largest token id is" in refusal()


def test_a_tokenizer_that_is_smaller_than_the_table_is_normal(tmp_path):
    folder = write_tiny_bert(tmp_path / "padded", vocab_size=128)
    with Reranker(folder, device="cpu", precision="fp32") as reranker:
        assert len(reranker.score("a", ["b"])) == 1
