from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.batches import batch_of, random_rows
from support.tiny_language_models import qwen_tokenizer, write_language_model
from support.tiny_models import write_tiny_bert

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from jingpai.backends.loader import open_backend  # noqa: E402
from jingpai.backends.pytorch.causal import CausalBackend, default_precision  # noqa: E402
from jingpai.errors import (  # noqa: E402
    BackendFailed,
    DeviceUnavailable,
    InvalidInput,
    ModelFilesInvalid,
)

if TYPE_CHECKING:
    from jingpai.types import PrecisionChoice

pytestmark = pytest.mark.torch

LENGTHS = (7, 30, 12, 55, 3, 55, 1)

# What the families do differently behind or within the output matrix.
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "tied": ("Qwen3", {"tie_word_embeddings": True}),
    "untied": ("Qwen3", {"tie_word_embeddings": False}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}),
    "scaled embeddings": ("Gemma", {}),
    "soft cap": ("Gemma2", {"final_logit_softcapping": 5.0, "sliding_window": 16}),
    "scaled logits": ("Granite", {"logits_scaling": 7.0, "residual_multiplier": 0.3}),
    "bias": ("Phi", {"num_key_value_heads": 4}),
    "llama": ("Llama", {}),
}


def write(folder, family="tied", **settings):
    kind, own = FAMILIES[family]
    return write_language_model(folder, kind=kind, tokenizer=qwen_tokenizer(), **(own | settings))


def left_padded_logits(folder, rows, answer_ids):
    """The usual way: padding in front, all logits of all positions, the last one's taken."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    width = max(len(row.ids) for row in rows)
    ids = [[0] * (width - len(row.ids)) + row.ids for row in rows]
    mask = [[0] * (width - len(row.ids)) + [1] * len(row.ids) for row in rows]
    with torch.no_grad():
        output = model(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask))
    return output.logits[:, -1, list(answer_ids)].numpy()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write(tmp_path_factory.mktemp("causal"))


@pytest.fixture(scope="module")
def backend(checkpoint):
    backend = CausalBackend(checkpoint, answer_ids=(40, 7), device="cpu", precision="fp32")
    yield backend
    backend.close()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("answer_ids", [(40, 7), (7,)])
def test_logits_are_those_of_left_padding_and_of_the_whole_vocabulary(family, answer_ids, tmp_path):
    folder = write(tmp_path, family)
    rows = random_rows(LENGTHS)
    backend = CausalBackend(folder, answer_ids=answer_ids, device="cpu", precision="fp32")
    found = backend.logits(batch_of(rows))
    expected = left_padded_logits(folder, rows, answer_ids)
    assert found.dtype == np.float32
    assert found.shape == (len(rows), len(answer_ids))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert np.ptp(expected, axis=0).min() > 0.1


def test_padding_and_its_width_do_not_matter(backend):
    rows = random_rows(LENGTHS)
    narrow = backend.logits(batch_of(rows, padding_id=0))
    wide = backend.logits(batch_of(rows, padding_id=33, width=90))
    np.testing.assert_allclose(narrow, wide, rtol=0, atol=1e-5)
    alone = np.concatenate([backend.logits(batch_of([row])) for row in rows])
    np.testing.assert_allclose(narrow, alone, rtol=0, atol=1e-5)


def test_columns_stand_in_the_order_of_the_answers(backend, checkpoint):
    batch = batch_of(random_rows(LENGTHS))
    turned = CausalBackend(checkpoint, answer_ids=(7, 40), device="cpu", precision="fp32")
    np.testing.assert_array_equal(backend.logits(batch), turned.logits(batch)[:, ::-1])


def test_nothing_of_the_size_of_the_vocabulary_is_made(tmp_path):
    folder = write(tmp_path, vocab_size=200_000, tie_word_embeddings=False)
    backend = CausalBackend(folder, answer_ids=(40, 7), device="cpu", precision="fp32")
    batch = batch_of(random_rows([60] * 20))
    largest = 0

    class Watch(torch.overrides.TorchFunctionMode):  # type: ignore[misc, name-defined]
        def __torch_function__(self, function, types, args=(), kwargs=None):
            nonlocal largest
            result = function(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor) and result.dim() > 1:
                largest = max(largest, result.shape[-1])
            return result

    with Watch():
        backend.logits(batch)
    assert largest <= 60 * 20


def test_half_precision_rounds_the_model_and_not_its_logits(checkpoint):
    backend = CausalBackend(checkpoint, answer_ids=(40, 7), device="cpu", precision="bf16")
    logits = backend.logits(batch_of(random_rows(LENGTHS)))
    rounded = torch.from_numpy(logits).bfloat16().float().numpy()
    assert (logits != rounded).any()


def test_a_closed_backend_says_so(checkpoint):
    backend = CausalBackend(checkpoint, answer_ids=(40,), device="cpu", precision="fp32")
    backend.close()
    backend.close()
    with pytest.raises(BackendFailed, match="closed"):
        backend.logits(batch_of(random_rows([5])))


def test_an_answer_beyond_the_vocabulary_is_an_error(checkpoint):
    with pytest.raises(ModelFilesInvalid, match=r"token 9999 .* the model has \d+ tokens"):
        CausalBackend(checkpoint, answer_ids=(7, 9999), device="cpu", precision="fp32")


def test_a_checkpoint_that_lacks_tensors_is_an_error_and_not_random_numbers(tmp_path):
    write(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    kept = {name: value for name, value in tensors.items() if "layers.1.mlp" not in name}
    save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFilesInvalid, match=r"lacks model\.layers\.1\.mlp.* a language model"):
        CausalBackend(tmp_path, answer_ids=(7,), device="cpu", precision="fp32")


def test_a_model_of_another_kind_is_an_error(tmp_path):
    write_tiny_bert(tmp_path, model_type="new")
    with pytest.raises(ModelFilesInvalid, match="a language model that needs no code of its own"):
        CausalBackend(tmp_path, answer_ids=(7,), device="cpu", precision="fp32")


def test_loading_says_nothing_on_the_terminal(checkpoint, capfd):
    CausalBackend(checkpoint, answer_ids=(7,), device="cpu", precision="fp32")
    sys.stdout.flush()
    assert capfd.readouterr() == ("", "")


def test_the_loader_opens_a_language_model_where_it_is_given_answers(checkpoint):
    cases: list[tuple[PrecisionChoice, str]] = [
        ("auto", "fp32"),
        ("fp16", "fp32"),
        ("bf16", "bf16"),
    ]
    for precision, expected in cases:
        backend = open_backend(checkpoint, device="cpu", precision=precision, answer_ids=(40, 7))
        assert isinstance(backend, CausalBackend)
        assert (backend.device, backend.precision) == ("cpu", expected)
    with pytest.raises(InvalidInput, match="no int8 form"):
        open_backend(checkpoint, device="cpu", precision="int8", answer_ids=(40, 7))
    with pytest.raises(DeviceUnavailable):
        open_backend(checkpoint, device="cuda:97", answer_ids=(40, 7))


def test_language_models_run_in_fp32_where_half_precision_gains_nothing():
    assert default_precision("cpu") == "fp32"
    assert default_precision("mps") == "fp32"


@pytest.mark.gpu
def test_on_cuda_a_language_model_stays_near_fp32(checkpoint, backend):
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    batch = batch_of(random_rows(LENGTHS))
    precision = default_precision("cuda")
    fast = CausalBackend(checkpoint, answer_ids=(40, 7), device="cuda", precision=precision)
    np.testing.assert_allclose(fast.logits(batch), backend.logits(batch), rtol=0.1, atol=0.3)
