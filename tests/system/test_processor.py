"""How much work the CPU is given at once."""

from __future__ import annotations

from jingpai.system.processor import batch_tokens


def test_batches_grow_with_the_threads_up_to_a_limit():
    sizes = [batch_tokens(threads) for threads in (1, 2, 4, 64)]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3]


def test_without_a_number_of_threads_a_batch_suits_the_cores():
    assert batch_tokens(1) <= batch_tokens(None) <= batch_tokens(64)
