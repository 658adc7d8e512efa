from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.batches import batch_of, random_rows
from support.tiny_models import write_tiny_bert, write_tiny_xlm_roberta

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from jingpai.backends.base import GrowingBackend  # noqa: E402
from jingpai.backends.pytorch.accelerators import unusable_reason  # noqa: E402
from jingpai.backends.pytorch.cross_encoder import TorchBackend  # noqa: E402
from jingpai.backends.pytorch.runtime import is_out_of_memory, keep_to_quota  # noqa: E402
from jingpai.errors import ModelFilesInvalid, OutOfMemory  # noqa: E402

pytestmark = pytest.mark.torch


SIZES: dict[str, Any] = {
    "vocab_size": 128,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 130,
    "num_labels": 1,
    "initializer_range": 0.4,
    "pad_token_id": 0,
}

# Families whose rows are padded, and the attention that is best for each here.
PADDED: dict[str, tuple[str, dict[str, Any]]] = {
    "ModernBert": ("sdpa", {"local_attention": 8, "cls_token_id": 2, "sep_token_id": 3}),
    "Electra": ("sdpa", {"embedding_size": 32}),
    "DebertaV2": ("eager", {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}),
}


def write_padded(folder, family):
    torch.manual_seed(0)
    config = getattr(transformers, f"{family}Config")(**{**SIZES, **PADDED[family][1]})
    model = getattr(transformers, f"{family}ForSequenceClassification")(config)
    model.save_pretrained(folder)
    return folder


def open_on_cpu(folder):
    return TorchBackend(folder, device="cpu", precision="fp32")


@pytest.mark.parametrize("family", PADDED)
def test_padded_families_get_the_best_attention_that_they_have(family, tmp_path):
    backend = open_on_cpu(write_padded(tmp_path, family))
    assert backend._model.config._attn_implementation == PADDED[family][0]
    assert not backend._is_packed


@pytest.mark.parametrize("family", PADDED)
def test_padding_and_the_mask_that_comes_with_it_change_no_logit(family, tmp_path):
    backend = open_on_cpu(write_padded(tmp_path, family))
    even, mixed = random_rows([40] * 6), random_rows((9, 40, 2, 77))
    without_mask = backend.logits(batch_of(even))
    with_mask = backend.logits(batch_of(even, padding_id=0, width=60))
    np.testing.assert_allclose(without_mask, with_mask, rtol=0, atol=1e-4)
    alone = np.concatenate([backend.logits(batch_of([row])) for row in mixed])
    np.testing.assert_allclose(
        backend.logits(batch_of(mixed, padding_id=0)), alone, rtol=0, atol=1e-4
    )
    assert np.ptp(without_mask) > 0.01


def test_rows_of_one_length_need_no_mask(tmp_path):
    backend = open_on_cpu(write_padded(tmp_path, "Electra"))
    given = []
    backend._model.register_forward_pre_hook(
        lambda module, args, inputs: given.append("attention_mask" in inputs), with_kwargs=True
    )
    backend.logits(batch_of(random_rows([40] * 6)))
    backend.logits(batch_of(random_rows((40, 39))))
    assert given == [False, True]


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
@pytest.mark.parametrize("named", ["eager", "flash_attention_2", "some-user/some-kernel"])
def test_the_attention_that_a_config_names_is_not_what_is_run(key, named, tmp_path):
    rows = batch_of(random_rows((9, 40, 2)))
    plain = open_on_cpu(write_tiny_xlm_roberta(tmp_path / "plain")).logits(rows)
    backend = open_on_cpu(write_tiny_xlm_roberta(tmp_path / "named", **{key: named}))
    np.testing.assert_array_equal(backend.logits(rows), plain)


def test_batches_of_several_threads_take_turns(tmp_path):
    backend = open_on_cpu(write_tiny_bert(tmp_path))
    inside, most = 0, 0

    def enter(module, args):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)

    def leave(module, args, output):
        nonlocal inside
        inside -= 1

    encoder = backend._model.base_model.encoder
    encoder.layer[0].register_forward_pre_hook(enter)
    encoder.layer[-1].register_forward_hook(leave)
    batch = batch_of(random_rows((9, 40)))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(backend.logits, [batch] * 12))
    assert (inside, most) == (0, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a safe fork")
def test_a_process_forked_during_a_batch_does_not_wait_for_its_end(tmp_path):
    backend = open_on_cpu(write_tiny_bert(tmp_path))
    batch = batch_of(random_rows((9, 40)))
    expected = backend.logits(batch)
    parent, begun, go_on = os.getpid(), threading.Event(), threading.Event()

    def hold(module, args):
        if os.getpid() == parent:
            begun.set()
            go_on.wait(60)

    backend._model.base_model.embeddings.register_forward_pre_hook(hold)
    thread = threading.Thread(target=backend.logits, args=(batch,))
    thread.start()
    assert begun.wait(60)
    receiver, sender = multiprocessing.get_context("fork").Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(
        target=lambda: sender.send(backend.logits(batch))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads and fork
        child.start()
    try:
        assert receiver.poll(60), "the child hangs"
        np.testing.assert_allclose(receiver.recv(), expected, rtol=0, atol=1e-5)
    finally:
        child.kill()
        go_on.set()
        thread.join()


def test_larger_batches_are_worth_it_only_without_padding(tmp_path):
    packed = open_on_cpu(write_tiny_bert(tmp_path / "packed"))
    padded = open_on_cpu(write_padded(tmp_path / "padded", "Electra"))
    assert isinstance(packed, GrowingBackend)
    assert packed.has_room(65536)
    assert padded.has_room(16384)
    assert not padded.has_room(16385)


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


def test_a_config_that_transformers_refuses_is_an_error(tmp_path):
    write_tiny_bert(tmp_path, hidden_act=1.5)
    with pytest.raises(ModelFilesInvalid, match="hidden_act"):
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


@pytest.mark.parametrize(("quota", "threads"), [("150000", 2), ("50000", 1), ("max", 3)])
def test_pytorch_has_no_more_threads_than_a_quota_keeps_busy(tmp_path, monkeypatch, quota, threads):
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text(f"{quota} 100000\n")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        keep_to_quota(tmp_path)
        assert torch.get_num_threads() == threads
        torch.set_num_threads(3)
        monkeypatch.setenv("OMP_NUM_THREADS", "3")
        keep_to_quota(tmp_path)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
