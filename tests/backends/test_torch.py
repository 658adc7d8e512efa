from __future__ import annotations

import numpy as np
import pytest
from batches import batch_of, random_rows
from safetensors.numpy import load_file, save_file
from tiny_models import write_tiny_bert, write_tiny_xlm_roberta

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from jingpai.backends.accelerators import unusable_reason  # noqa: E402
from jingpai.backends.torch import TorchBackend  # noqa: E402
from jingpai.backends.torch_runtime import is_out_of_memory  # noqa: E402
from jingpai.errors import ModelFilesInvalid, OutOfMemory  # noqa: E402

pytestmark = pytest.mark.torch


def test_bf16_stays_near_fp32(tmp_path):
    write_tiny_bert(tmp_path)
    batch = batch_of(random_rows((9, 40, 2, 77)), padding_id=0)
    exact, rounded = (
        TorchBackend(tmp_path, device="cpu", precision=precision).logits(batch)
        for precision in ("fp32", "bf16")
    )
    assert rounded.dtype == np.float32
    assert 0 < np.abs(exact - rounded).max() < 0.2


def test_a_checkpoint_without_a_head_is_an_error_and_not_random_numbers(tmp_path):
    write_tiny_xlm_roberta(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    kept = {name: value for name, value in tensors.items() if not name.startswith("classifier")}
    save_file(kept, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFilesInvalid, match=r"lacks classifier\."):
        TorchBackend(tmp_path, device="cpu", precision="fp32")


def test_a_pickled_checkpoint_is_not_loaded(tmp_path):
    write_tiny_bert(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    torch.save({name: torch.from_numpy(v) for name, v in tensors.items()}, tmp_path / "x.bin")
    (tmp_path / "x.bin").rename(tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ModelFilesInvalid, match="safetensors"):
        TorchBackend(tmp_path, device="cpu", precision="fp32")


def test_a_model_that_brings_its_own_code_is_an_error(tmp_path):
    write_tiny_bert(
        tmp_path, model_type="new", auto_map={"AutoModelForSequenceClassification": "code.Model"}
    )
    (tmp_path / "code.py").write_text("raise SystemExit('this code must not run')")
    with pytest.raises(ModelFilesInvalid, match="no code of its own"):
        TorchBackend(tmp_path, device="cpu", precision="fp32")


def test_the_refusal_of_the_cpu_allocator_is_out_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**47, dtype=torch.float32)
    assert is_out_of_memory(caught.value)


def test_only_real_memory_errors_count():
    assert is_out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    assert is_out_of_memory(MemoryError())
    assert not is_out_of_memory(RuntimeError("The size of tensor a (3) must match"))
    assert not is_out_of_memory(ValueError("CUDA out of memory"))


def test_a_device_that_computes_has_no_reason_against_it_and_another_has():
    assert unusable_reason("cpu") is None
    assert unusable_reason("cuda:97")


@pytest.mark.gpu
def test_fp16_on_cuda_stays_near_fp32_and_gives_its_memory_back(tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    write_tiny_xlm_roberta(tmp_path)
    batch = batch_of(random_rows((9, 40, 2, 77)))
    backend = TorchBackend(tmp_path, device="cuda", precision="fp16")
    exact = TorchBackend(tmp_path, device="cpu", precision="fp32").logits(batch)
    np.testing.assert_allclose(backend.logits(batch), exact, rtol=0, atol=0.05)
    with pytest.raises(OutOfMemory, match="rows of 100 tokens"):
        backend.logits(batch_of(random_rows([100]) * 10_000_000))
    np.testing.assert_allclose(backend.logits(batch), exact, rtol=0, atol=0.05)
