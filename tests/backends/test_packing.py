from __future__ import annotations

import numpy as np
import pytest
from support.batches import batch_of, random_rows
from support.tiny_language_models import qwen_tokenizer, write_language_model
from support.tiny_models import write_tiny_bert, write_tiny_xlm_roberta

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from jingpai.backends.pytorch import packing  # noqa: E402
from jingpai.backends.pytorch.causal import CausalBackend  # noqa: E402
from jingpai.backends.pytorch.cross_encoder import TorchBackend  # noqa: E402
from jingpai.backends.pytorch.packing import pack, use_packed_rows  # noqa: E402
from jingpai.errors import BackendFailed  # noqa: E402

pytestmark = pytest.mark.torch

LENGTHS = (7, 30, 12, 55, 3, 55, 1)

ENCODERS = {
    "bert": lambda folder: write_tiny_bert(folder, labels=2),
    "xlm-roberta": lambda folder: write_tiny_xlm_roberta(folder, labels=2),
    "roberta": lambda folder: write_tiny_xlm_roberta(
        folder, model_type="roberta", architectures=["RobertaForSequenceClassification"]
    ),
    "camembert": lambda folder: write_tiny_xlm_roberta(
        folder, model_type="camembert", architectures=["CamembertForSequenceClassification"]
    ),
}
LANGUAGE_MODELS = ("Qwen2", "Qwen3", "Gemma", "Granite", "Llama")


def write_causal(folder, kind, **settings):
    return write_language_model(folder, kind=kind, tokenizer=qwen_tokenizer(), **settings)


def open_causal(folder):
    return CausalBackend(folder, answer_ids=(40, 7), device="cpu", precision="fp32")


def padded_logits(folder, rows, *, padding_id):
    """What `transformers` says of a padded batch with its own attention and a mask."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    batch = batch_of(rows, padding_id=padding_id)
    columns = np.arange(batch.input_ids.shape[1])
    is_token = columns < batch.lengths[:, None]
    inputs = {"input_ids": batch.input_ids, "attention_mask": is_token.astype(np.int64)}
    if model.config.type_vocab_size > 1:
        is_second = is_token & (columns >= batch.query_lengths[:, None])
        inputs["token_type_ids"] = is_second.astype(np.int64)
    with torch.no_grad():
        return model(**{key: torch.from_numpy(value) for key, value in inputs.items()}).logits


def test_packed_rows_are_the_tokens_without_their_padding():
    rows = random_rows((4, 1, 3))
    packed = pack(batch_of(rows, width=9))
    assert packed.ids.tolist() == [id_ for row in rows for id_ in row.ids]
    assert packed.positions.tolist() == [0, 1, 2, 3, 0, 0, 1, 2]
    assert packed.is_second.tolist() == [0, 1, 1, 1, 0, 0, 1, 1]
    assert packed.bounds.tolist() == [0, 4, 5, 8]
    assert packed.bounds.dtype == np.int32
    assert packed.longest == 4


@pytest.mark.parametrize("family", ENCODERS)
def test_packed_cross_encoders_say_what_padded_ones_say(family, tmp_path):
    folder = ENCODERS[family](tmp_path)
    rows = random_rows(LENGTHS)
    backend = TorchBackend(folder, device="cpu", precision="fp32")
    assert backend._is_packed
    expected = padded_logits(folder, rows, padding_id=0 if family == "bert" else 1)
    np.testing.assert_allclose(backend.logits(batch_of(rows)), expected, rtol=0, atol=1e-5)
    assert np.ptp(expected.numpy(), axis=0).min() > 0.01


@pytest.mark.parametrize("kind", LANGUAGE_MODELS)
def test_packed_language_models_say_what_each_row_alone_says(kind, tmp_path):
    folder = write_causal(tmp_path, kind)
    backend = open_causal(folder)
    assert backend._is_packed
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    rows = random_rows(LENGTHS)
    with torch.no_grad():
        expected = [model(torch.tensor([row.ids])).logits[0, -1, [40, 7]].numpy() for row in rows]
    np.testing.assert_allclose(backend.logits(batch_of(rows)), expected, rtol=0, atol=1e-4)


def test_in_bf16_packed_rows_stay_near_fp32(tmp_path):
    write_tiny_xlm_roberta(tmp_path)
    batch = batch_of(random_rows(LENGTHS))
    exact, rounded = (
        TorchBackend(tmp_path, device="cpu", precision=precision).logits(batch)
        for precision in ("fp32", "bf16")
    )
    np.testing.assert_allclose(rounded, exact, rtol=0, atol=0.2)


def test_no_padding_is_computed(tmp_path):
    write_tiny_xlm_roberta(tmp_path)
    backend = TorchBackend(tmp_path, device="cpu", precision="fp32")
    widths = []
    layer = backend._model.base_model.encoder.layer[0]
    layer.register_forward_hook(lambda module, inputs, output: widths.append(output.shape[:2]))
    backend.logits(batch_of(random_rows(LENGTHS), width=100))
    assert widths == [(1, sum(LENGTHS))]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Gemma2", {"sliding_window": 16}),
        ("Qwen2", {"use_sliding_window": True, "sliding_window": 16, "max_window_layers": 1}),
        ("Phi", {"num_key_value_heads": 4}),
    ],
)
def test_attention_with_more_to_it_keeps_its_padding(kind, settings, tmp_path):
    assert not open_causal(write_causal(tmp_path, kind, **settings))._is_packed


def test_a_precision_without_a_kernel_on_the_device_keeps_its_padding(tmp_path):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        write_tiny_bert(tmp_path)
    )
    # A device that computes nothing and has no kernel, as every one but the CPU may be.
    assert not use_packed_rows(model.to("meta"))
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("is_causal", [False, True])
def test_the_kernel_is_called_as_pytorch_wants_it(is_causal):
    if packing.varlen_attn is None:  # type: ignore[attr-defined]
        pytest.skip("needs PyTorch 2.10")
    query, key = (torch.empty(41, heads, 8, device="meta") for heads in (4, 2))
    bounds = packing._Bounds(torch.empty(4, dtype=torch.int32, device="meta"), 37, is_causal)
    attended = packing._by_kernel(packing._States(query, key, key), bounds, scaling=0.5)
    assert attended.shape == query.shape


def test_a_row_without_a_position_is_an_error_before_the_device_sees_it(tmp_path):
    backend = TorchBackend(write_tiny_bert(tmp_path), device="cpu", precision="fp32")
    limit = backend._model.config.max_position_embeddings
    assert np.isfinite(backend.logits(batch_of(random_rows([limit])))).all()
    with pytest.raises(BackendFailed, match="lower max_tokens"):
        backend.logits(batch_of(random_rows([limit + 1])))


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_on_cuda_packed_rows_stay_near_fp32(precision, tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    write_tiny_xlm_roberta(tmp_path / "encoder")
    write_causal(tmp_path / "causal", "Qwen3")
    batch = batch_of(random_rows(LENGTHS))
    exact = TorchBackend(tmp_path / "encoder", device="cpu", precision="fp32")
    fast = TorchBackend(tmp_path / "encoder", device="cuda", precision=precision)
    assert fast._is_packed == (torch.cuda.get_device_capability()[0] >= 8)
    np.testing.assert_allclose(fast.logits(batch), exact.logits(batch), rtol=0, atol=0.2)
    fast_causal = CausalBackend(
        tmp_path / "causal", answer_ids=(40, 7), device="cuda", precision=precision
    )
    expected = open_causal(tmp_path / "causal").logits(batch)
    np.testing.assert_allclose(fast_causal.logits(batch), expected, rtol=0.1, atol=0.3)
