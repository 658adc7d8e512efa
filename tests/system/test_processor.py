"""Cores, the processor's name, and how much work it is given at once."""

from __future__ import annotations

import os

from jingpai.system.chip import describe_chip
from jingpai.system.processor import (
    batch_tokens,
    machine_cores,
    physical_cores,
    usable_processors,
)


def test_batches_grow_with_the_threads_up_to_a_limit():
    sizes = [batch_tokens(threads) for threads in (1, 2, 4, 64)]
    assert sizes[0] < sizes[1] < sizes[2] == sizes[3]


def test_without_a_number_of_threads_a_batch_suits_the_cores():
    assert batch_tokens(1) <= batch_tokens(None) <= batch_tokens(64)


def test_a_process_uses_no_more_cores_than_there_are():
    assert 1 <= physical_cores() <= usable_processors() <= (os.cpu_count() or 1)
    cores = machine_cores()
    assert cores is None or 1 <= cores <= (os.cpu_count() or 1)


def test_the_processor_has_a_name_and_each_instruction_once():
    chip = describe_chip()
    assert chip.name
    assert len(set(chip.instructions)) == len(chip.instructions)
