"""What every backend of PyTorch does alike: open weights, run batches, name errors, give back."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import torch
from transformers.utils import logging as transformers_logging

from jingpai.backends.extra_tensors import check_extra_tensors
from jingpai.backends.finite_weights import check_finite
from jingpai.backends.keras_trap import MENDS, is_keras_trap
from jingpai.errors import BackendFailed, ModelFilesInvalid, OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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


class TorchRuntime(ABC):
    """One model of `transformers` on one device. Safe to call from several threads at once."""

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
        try:
            model = self._load(folder)
            self._model: Any = model.to(device=self._device, dtype=_DTYPES[precision]).eval()
            check_finite(self._model, folder=folder, precision=precision)
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                self._release_cached_memory()
                raise OutOfMemory(f"The weights of {folder} do not fit on {device}.") from error
            raise BackendFailed(f"{folder} cannot be put on {device}: {error}") from error

    @property
    def device(self) -> str:
        """Where the model runs."""
        return str(self._device)

    def logits(self, batch: Batch) -> NDArray[np.float32]:
        """Return the logits of a batch, float32 [n, k].

        Raises:
            OutOfMemory: The device has no memory for this batch; a smaller one may still fit.
            BackendFailed: The model cannot be run, or the backend is closed.
        """
        model = self._model
        if model is None:
            raise BackendFailed(f"The backend of {self._folder} is closed; open it again.")
        if self._process != os.getpid():
            # The threads of PyTorch do not survive a fork, and waiting for them never ends.
            torch.set_num_threads(1)
            self._process = os.getpid()
        rows, length = batch.input_ids.shape
        try:
            with torch.inference_mode():
                logits = self._run(model, batch)
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

    def close(self) -> None:
        """Give the memory back; a second call does nothing."""
        if self._model is not None:
            self._model = None
            self._release_cached_memory()

    @abstractmethod
    def _load(self, folder: Path) -> Any:  # noqa: ANN401 - transformers has no useful type here
        """Return the model in a folder, a torch module on the CPU."""

    @abstractmethod
    def _run(self, model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401
        """Return the logits of a batch, [n, k], on the model's device."""

    def _on_device(self, array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)

    def _release_cached_memory(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()


def load_checkpoint(
    folder: Path,
    *,
    model_class: Any,  # noqa: ANN401
    kind: str,
    config: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return a checkpoint's model, as `transformers` loads it, on the CPU.

    Args:
        folder: Holds config.json and safetensors files.
        model_class: A class of `transformers` with `from_pretrained`.
        kind: What the folder should hold, for errors: "a cross-encoder".
        config: Takes the place of the folder's own; its network may be a part of what the
            checkpoint holds.

    Raises:
        ModelFilesInvalid: The checkpoint is broken, lacks tensors, or is of another kind.
        BackendFailed: `transformers` itself cannot be used.
    """
    settings = {} if config is None else {"config": config}
    try:
        with _silence():
            model, info = model_class.from_pretrained(
                folder,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are listed, and refused below by their names
                **settings,
            )
    except (OSError, ValueError, KeyError, ImportError, AttributeError, RuntimeError) as error:
        if is_keras_trap(error):
            raise BackendFailed(MENDS) from error
        raise ModelFilesInvalid(
            f"transformers cannot load {folder}: {error}. It must hold config.json and safetensors "
            f"files of {kind} that needs no code of its own."
        ) from error
    _check_tensors(info, folder=folder, kind=kind)
    if config is None:
        check_extra_tensors(
            info["unexpected_keys"], encoder=f"{model.base_model_prefix}.", folder=folder
        )
    return model


def _check_tensors(info: Mapping[str, Any], *, folder: Path, kind: str) -> None:
    """Refuse what transformers would fill up with random numbers."""
    if info["mismatched_keys"]:
        name, stored, asked = min(info["mismatched_keys"])
        raise ModelFilesInvalid(
            f"{folder}: {name} has the shape {list(stored)}, but config.json asks for"
            f" {list(asked)}. Copy the config.json that was published with the weights."
        )
    missing = sorted(info["missing_keys"])
    if missing:
        raise ModelFilesInvalid(
            f"{folder} lacks {', '.join(missing[:3])} ({len(missing)} tensors in all): this is not "
            f"the checkpoint of {kind} of the sort that its config.json names."
        )


@contextmanager
def _silence() -> Iterator[None]:
    """Keep transformers from drawing bars and tables on the terminal of whoever uses this."""
    switches: Any = transformers_logging  # it has no types
    was_enabled, level = switches.is_progress_bar_enabled(), switches.get_verbosity()
    switches.disable_progress_bar()
    switches.set_verbosity_error()  # what its table of tensors tells is checked by the caller
    try:
        yield
    finally:
        switches.set_verbosity(level)
        if was_enabled:
            switches.enable_progress_bar()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of PyTorch says that the memory of a device ran out."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(
        mark in str(error) for mark in _OUT_OF_MEMORY_MARKS
    )
