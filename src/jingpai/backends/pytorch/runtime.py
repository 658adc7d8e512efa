"""What every backend of PyTorch does alike: run batches, name errors, give memory back."""

from __future__ import annotations

import math
import os
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import torch

from jingpai.backends.pytorch.device_memory import BatchMemory, CudaGauge
from jingpai.backends.pytorch.finite_weights import check_finite
from jingpai.backends.pytorch.packing import PackedRows, pack, use_packed_rows
from jingpai.errors import BackendFailed, OutOfMemory
from jingpai.system.container import ROOT, core_quota

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from jingpai.backends.base import Batch

TorchPrecision: TypeAlias = Literal["fp32", "fp16", "bf16"]

_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}

_OUT_OF_MEMORY_MARKS = (
    "CUDA out of memory",
    "CUDA error: out of memory",
    "HIP out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "MPS backend out of memory",
    "can't allocate memory",  # DefaultCPUAllocator
    "not enough memory",  # the same on Windows
)

# A padded batch is worth no more tokens than this: it keeps an accelerator busy, and a larger one
# mixes short rows with long ones, so that a hundred documents would be padding by half.
_MOST_PADDED_TOKENS = 16384

# A batch that is to be packed is laid out with its padding all the same, in the host's memory, at
# about ten nanoseconds a token. It bounds what a few short rows beside a very long one may take.
_PADDING_WEIGHT_IF_PACKED = 0.01


class TorchRuntime(ABC):
    """One model of `transformers` on one device. Safe to call from several threads at once.

    Batches take turns: two at once would need twice the memory, and on a CPU twice the threads,
    and neither would be done sooner.
    """

    def __init__(self, folder: Path, *, device: str, precision: TorchPrecision) -> None:
        """Load a checkpoint from a folder and put it on a device.

        Only safetensors are read, no code of the folder is run, and nothing is downloaded.

        Args:
            folder: Holds config.json and safetensors files.
            device: `cpu`, `cuda`, `cuda:1`, `mps`.
            precision: Of weights and products; logits are float32 whatever it is.

        Raises:
            ModelFilesInvalid: The checkpoint is broken or of a kind that cannot be run.
            OutOfMemory: The weights do not fit on the device.
        """
        self.precision: TorchPrecision = precision
        self._process = os.getpid()
        self._folder = folder
        self._device = torch.device(device)
        self._turn = threading.Lock()
        if self._device.type == "cpu":
            keep_to_quota()
        is_cuda = self._device.type == "cuda"
        self._memory = BatchMemory(CudaGauge(self._device) if is_cuda else None)
        try:
            model = self._load(folder)
            self._model: Any = model.to(device=self._device, dtype=_DTYPES[precision]).eval()
            check_finite(self._model, folder=folder, precision=precision)
            self._is_packed = use_packed_rows(self._model)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                self._release_cached_memory()
                raise OutOfMemory(f"The weights of {folder} do not fit on {device}.") from error
            raise BackendFailed(f"{folder} cannot be put on {device}: {error}") from error

    @property
    def device(self) -> str:
        """Where the model runs."""
        return str(self._device)

    @property
    def padding_weight(self) -> float:
        """Next to nothing where the model reads packed rows; else as much as text."""
        return _PADDING_WEIGHT_IF_PACKED if self._is_packed else 1.0

    def logits(self, batch: Batch) -> NDArray[np.float32]:
        """Return the logits of a batch, float32 [n, k].

        Raises:
            OutOfMemory: The device has no memory for this batch; a smaller one may still fit.
            BackendFailed: The model cannot be run, or the backend is closed.
        """
        if self._process != os.getpid():
            # The threads of PyTorch do not survive a fork, and waiting for them never ends; nor
            # does a thread whose turn it was.
            torch.set_num_threads(1)
            self._turn = threading.Lock()
            self._process = os.getpid()
        with self._turn:
            return self._logits(batch)

    def has_room(self, batch_tokens: int) -> bool:
        """Whether batches of this many tokens are worth it and should fit, by those so far."""
        if not self._is_packed and batch_tokens > _MOST_PADDED_TOKENS:
            return False
        return self._memory.has_room(batch_tokens)

    def close(self) -> None:
        """Give the memory back; a second call does nothing."""
        if self._model is not None:
            self._model = None
            self._release_cached_memory()

    @abstractmethod
    def _load(self, folder: Path) -> Any:  # noqa: ANN401 - transformers has no useful type here
        """Return the model in a folder, a torch module on the CPU."""

    @abstractmethod
    def _run_padded(self, model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401
        """Return the logits of a batch, [n, k], on the model's device."""

    @abstractmethod
    def _run_packed(self, model: Any, rows: PackedRows) -> torch.Tensor:  # noqa: ANN401
        """Return the same of rows without padding, for a model that reads them so."""

    def _logits(self, batch: Batch) -> NDArray[np.float32]:
        model = self._model
        if model is None:
            raise BackendFailed(f"The backend of {self._folder} is closed; open it again.")
        rows, length = batch.input_ids.shape
        try:
            with self._memory.measured(int(batch.lengths.sum())), torch.inference_mode():
                if self._is_packed:
                    logits = self._run_packed(model, pack(batch))
                else:
                    logits = self._run_padded(model, batch)
                return cast("NDArray[np.float32]", logits.float().cpu().numpy())
        except (RuntimeError, MemoryError, IndexError, ValueError) as error:
            if not is_out_of_memory(error):
                raise BackendFailed(
                    f"PyTorch failed on {rows} rows of {length} tokens: {error}"
                ) from error
            # The traceback holds the tensors of the failed batch, so the memory comes back only
            # once it is gone: only the text of the error goes on.
            failure = OutOfMemory(
                f"No memory for a batch of {rows} rows of {length} tokens: {error}"
            )
        self._release_cached_memory()
        raise failure

    def _on_device(self, array: NDArray[Any]) -> torch.Tensor:
        tensor = torch.from_numpy(array)
        if self._device.type != "cuda":
            return tensor.to(self._device)
        # From pinned memory the copy need not be waited for: the model is queued behind it.
        return tensor.pin_memory().to(self._device, non_blocking=True)

    def _packed_inputs(self, rows: PackedRows) -> dict[str, Any]:
        """What every model that reads packed rows is called with, as one line of tokens."""
        return {
            "input_ids": self._on_device(rows.ids)[None],
            "position_ids": self._on_device(rows.positions)[None],
            "cu_seq_lens_q": self._on_device(rows.bounds),
            "max_length_q": rows.longest,
        }

    def _release_cached_memory(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()


def keep_to_quota(root: Path = ROOT) -> None:
    """Have PyTorch use no more threads on the CPU than the quota of the container keeps busy.

    By itself it has one for each core of the machine: it looks at the processors that a process may
    use, not at how much of their time. What the user has set in OMP_NUM_THREADS stays.

    Args:
        root: Of the file system that tells of control groups.
    """
    quota = core_quota(root)
    if quota is not None and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(torch.get_num_threads(), math.ceil(quota)))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of PyTorch says that the memory of a device ran out."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(
        mark in str(error) for mark in _OUT_OF_MEMORY_MARKS
    )
