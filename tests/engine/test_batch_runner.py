from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from jingpai.backends.base import GrowingBackend
from jingpai.engine.batch_runner import BatchRunner
from jingpai.errors import OutOfMemory
from jingpai.tokens.tokenizer import Row

if TYPE_CHECKING:
    from jingpai.types import Precision


class Device:
    """Has room for `memory` tokens; the logit of a row is its length.

    `promised` is what it says it has room for, which a fragmented memory may not hold.
    """

    device = "cuda:0"
    precision: Precision = "fp16"
    padding_weight = 1.0

    def __init__(self, *, memory: int, promised: int | None = None) -> None:
        self.memory = memory
        self.promised = memory if promised is None else promised
        self.sizes: list[int] = []

    def logits(self, batch):
        if batch.input_ids.size > self.memory:
            raise OutOfMemory(f"{batch.input_ids.size} tokens")
        self.sizes.append(batch.input_ids.size)
        return batch.lengths[:, None].astype(np.float32)

    def has_room(self, batch_tokens):
        return batch_tokens <= self.promised

    def close(self) -> None:
        pass


def run(runner, rows):
    lengths = np.full(len(rows), np.nan)
    for group, answer in runner.run(rows):
        assert np.isnan(lengths[group]).all(), "a row came twice"
        lengths[group] = answer[:, 0]
    assert lengths.tolist() == [len(row.ids) for row in rows]


def rows_of(count):
    return [Row(tuple(range(1024)), query_length=9, characters=0, dropped=0)] * count


ROWS = rows_of(120)


def test_batches_are_doubled_while_there_is_room_for_larger_ones():
    device = Device(memory=40_000)
    run(BatchRunner.of(device, batch_tokens=10**6), ROWS)
    assert device.sizes[:3] == [8192, 16384, 32768]
    assert max(device.sizes) == 32768


def test_batches_never_grow_beyond_the_most_that_is_allowed():
    device = Device(memory=10**9)
    run(BatchRunner.of(device, batch_tokens=20_000), ROWS)
    assert device.sizes[:3] == [8192, 16384, 19456]
    assert max(device.sizes) <= 20_000


def test_a_budget_below_the_first_batch_is_kept():
    device = Device(memory=10**9)
    run(BatchRunner.of(device, batch_tokens=3000), ROWS)
    assert set(device.sizes) == {2048}


def test_what_was_learned_is_remembered_for_the_next_rows():
    device = Device(memory=40_000)
    runner = BatchRunner.of(device, batch_tokens=10**6)
    run(runner, ROWS)
    device.sizes.clear()
    run(runner, ROWS)
    assert device.sizes[0] == 32768


def test_rows_that_leave_the_budget_empty_do_not_make_it_grow():
    device = Device(memory=10**9)
    runner = BatchRunner.of(device, batch_tokens=10**6)
    for _ in range(20):
        run(runner, ROWS[:3])
    run(runner, ROWS)
    assert device.sizes[20] == 8192


def test_a_full_memory_ends_the_growth_for_good():
    device = Device(memory=20_000, promised=10**9)
    runner = BatchRunner.of(device, batch_tokens=10**6)
    run(runner, ROWS)
    device.memory = 10**9
    device.sizes.clear()
    run(runner, ROWS)
    assert set(device.sizes[:-1]) == {16384}


def test_a_device_that_cannot_tell_gets_the_whole_budget_at_once():
    device = Device(memory=10**9)
    runner = BatchRunner(
        device.logits, batch_tokens=50_000, device=device.device, padding_weight=1.0
    )
    run(runner, ROWS)
    assert device.sizes[0] == 48 * 1024


def test_where_padding_counts_nothing_a_batch_holds_as_many_tokens_of_text():
    device = Device(memory=10**9)
    device.padding_weight = 0.0
    rows = [Row((7,) * length, query_length=3, characters=0, dropped=0) for length in (90, 10, 10)]
    runner = BatchRunner.of(device, batch_tokens=110)
    run(runner, rows)
    assert device.sizes == [3 * 90]


def test_a_batch_that_does_not_fit_is_halved_whatever_padding_counts():
    device = Device(memory=2000)
    device.padding_weight = 0.25
    rows = [Row((7,) * length, query_length=3, characters=0, dropped=0) for length in range(1, 101)]
    run(BatchRunner(device.logits, batch_tokens=8192, device="cpu", padding_weight=0.25), rows)
    assert max(device.sizes) <= 2000


def test_threads_that_share_a_runner_lose_no_row_while_it_grows_and_shrinks():
    device = Device(memory=20_000, promised=10**9)
    runner = BatchRunner.of(device, batch_tokens=10**6)
    barrier = threading.Barrier(4)

    def work(more):
        barrier.wait()
        run(runner, rows_of(30 + more))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert max(device.sizes) <= 20_000


def test_only_backends_that_can_tell_are_asked_for_room():
    assert isinstance(Device(memory=1), GrowingBackend)
