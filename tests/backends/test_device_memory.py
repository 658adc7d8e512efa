from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from jingpai.backends.pytorch.device_memory import BatchMemory, CudaGauge  # noqa: E402

pytestmark = pytest.mark.torch


class SmallDevice:
    """A gauge of a device with a few thousand bytes, a batch's tokens costing what is set."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes
        self.in_use = 0

    def start(self) -> None:
        self.in_use = 0

    def peak(self) -> int:
        return self.in_use

    def free(self) -> int:
        return self.free_bytes


def run_batch(memory, device, *, tokens, cost):
    with memory.measured(tokens):
        device.in_use = cost


def test_room_is_judged_by_the_dearest_token_so_far_and_a_margin():
    device = SmallDevice(free_bytes=3000)
    memory = BatchMemory(device)
    run_batch(memory, device, tokens=100, cost=1000)
    assert memory.has_room(200)
    assert not memory.has_room(201)
    run_batch(memory, device, tokens=100, cost=500)
    assert not memory.has_room(201)
    run_batch(memory, device, tokens=10, cost=200)
    assert memory.has_room(100)
    assert not memory.has_room(101)


def test_memory_that_others_take_is_missed():
    device = SmallDevice(free_bytes=3000)
    memory = BatchMemory(device)
    run_batch(memory, device, tokens=100, cost=1000)
    device.free_bytes = 1500
    assert memory.has_room(100)
    assert not memory.has_room(101)


def test_a_batch_that_failed_teaches_nothing():
    device = SmallDevice(free_bytes=3000)
    memory = BatchMemory(device)
    with pytest.raises(RuntimeError), memory.measured(10):
        device.in_use = 3000
        raise RuntimeError("CUDA out of memory")
    assert memory.has_room(10_000)


def test_a_device_without_numbers_is_never_full():
    memory = BatchMemory(None)
    with memory.measured(10):
        pass
    assert memory.has_room(10**12)


@pytest.mark.gpu
def test_on_cuda_the_gauge_sees_what_is_allocated_between():
    if not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    gauge = CudaGauge(torch.device("cuda"))
    kept = torch.ones(2**20, device="cuda")
    gauge.start()
    torch.ones(2**22, device="cuda").add_(1)
    assert 2**24 <= gauge.peak() < 2**26
    assert gauge.free() > 2**24
    assert kept.sum().item() == 2**20
