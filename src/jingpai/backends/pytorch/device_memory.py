"""What batches cost in the memory of a device, and whether larger ones fit: measured."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

# Room beyond what the dearest batch so far predicts: for fragments, and for longer rows, whose
# tokens cost more.
_MARGIN = 1.5


class MemoryGauge(Protocol):
    """Reads the memory of one device, in bytes."""

    def start(self) -> None:
        """Begin to watch for the peak."""

    def peak(self) -> int:
        """Most bytes in use since `start`, beyond those that were in use then."""

    def free(self) -> int:
        """Bytes that can be had now."""


class BatchMemory:
    """Remembers what a token cost at most. `measured` is not safe from several threads at once."""

    def __init__(self, gauge: MemoryGauge | None) -> None:
        """Begin without a measurement.

        Args:
            gauge: None where the device has no numbers; then everything is said to fit.
        """
        self._gauge = gauge
        self._bytes_per_token = 0.0

    @contextmanager
    def measured(self, tokens: int) -> Iterator[None]:
        """Run a batch inside this to learn what its tokens cost; a failed one teaches nothing."""
        if self._gauge is None:
            yield
            return
        self._gauge.start()
        yield
        self._bytes_per_token = max(self._bytes_per_token, self._gauge.peak() / tokens)

    def has_room(self, tokens: int) -> bool:
        """Whether a batch of this many tokens should fit into what is free now."""
        if self._gauge is None:
            return True
        return tokens * self._bytes_per_token * _MARGIN <= self._gauge.free()


class CudaGauge:
    """Reads the allocator of PyTorch and the driver. Resets PyTorch's own peak of the device."""

    def __init__(self, device: torch.device) -> None:
        """Watch a CUDA device."""
        self._device = device
        self._before = 0

    def start(self) -> None:
        """Begin to watch for the peak."""
        torch.cuda.reset_peak_memory_stats(self._device)
        self._before = torch.cuda.memory_allocated(self._device)

    def peak(self) -> int:
        """Most bytes in use since `start`, beyond those that were in use then."""
        return torch.cuda.max_memory_allocated(self._device) - self._before

    def free(self) -> int:
        """Bytes that the driver has, and those that PyTorch keeps for the next batch."""
        unused: int = torch.cuda.mem_get_info(self._device)[0]
        kept = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return unused + kept
