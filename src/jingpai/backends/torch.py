"""PyTorch: for GPUs, and for models that have no ONNX graph; needs the extra `torch`."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging as transformers_logging

from jingpai.backends.keras_trap import MENDS, is_keras_trap
from jingpai.errors import BackendFailed, ModelFilesInvalid, OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


class TorchBackend:
    """Runs a checkpoint through `transformers`."""

    def __init__(self, folder: Path, *, device: str, precision: TorchPrecision) -> None:
        """Load a sequence classification checkpoint from a folder.

        Only safetensors are read, no code of the folder is run, and nothing is downloaded.

        Args:
            folder: Holds config.json and safetensors files.
            device: `cpu`, `cuda`, `cuda:1`, `mps`.
            precision: Of weights and products; logits are float32 whatever it is.

        Raises:
            ModelFilesInvalid: The checkpoint is broken or `transformers` does not know its kind.
            OutOfMemory: The weights do not fit on the device.
        """
        self.precision: TorchPrecision = precision
        self._process = os.getpid()
        self._folder = folder
        self._device = torch.device(device)
        try:
            model = _load(folder)
            self._model: Any = model.to(device=self._device, dtype=_DTYPES[precision]).eval()
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                self._release_cached_memory()
                raise OutOfMemory(f"The weights of {folder} do not fit on {device}.") from error
            raise BackendFailed(f"{folder} cannot be put on {device}: {error}") from error
        # Tokenizers of the RoBERTa family make no token types, and their models have but one.
        self._has_token_types = getattr(model.config, "type_vocab_size", 0) > 1

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
                logits = model(**self._model_inputs(batch)).logits
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

    def _model_inputs(self, batch: Batch) -> dict[str, torch.Tensor]:
        columns = np.arange(batch.input_ids.shape[1])
        inputs: dict[str, NDArray[np.int64]] = {
            "input_ids": batch.input_ids,
            "attention_mask": (columns < batch.lengths[:, None]).astype(np.int64),
        }
        if self._has_token_types:
            inputs["token_type_ids"] = (
                (columns >= batch.query_lengths[:, None]) & (columns < batch.lengths[:, None])
            ).astype(np.int64)
        return {name: torch.from_numpy(array).to(self._device) for name, array in inputs.items()}

    def _release_cached_memory(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        elif self._device.type == "mps":
            torch.mps.empty_cache()


def _load(folder: Path) -> Any:  # noqa: ANN401 - transformers has no useful type here
    try:
        with _without_progress_bar():
            model, info = AutoModelForSequenceClassification.from_pretrained(
                folder,
                use_safetensors=True,
                trust_remote_code=False,
                local_files_only=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, ImportError, AttributeError, RuntimeError) as error:
        if is_keras_trap(error):
            raise BackendFailed(MENDS) from error
        raise ModelFilesInvalid(
            f"transformers cannot load {folder}: {error}. It must hold config.json and safetensors "
            "files of a sequence classification model that needs no code of its own."
        ) from error
    missing = sorted(info["missing_keys"])
    if missing:  # transformers would go on with random numbers
        raise ModelFilesInvalid(
            f"{folder} lacks {', '.join(missing[:3])} ({len(missing)} tensors in all): this is not "
            "the checkpoint of a cross-encoder of the kind that its config.json names."
        )
    return model


@contextmanager
def _without_progress_bar() -> Iterator[None]:
    """Keep transformers from drawing on the terminal of whoever uses this library."""
    switches: Any = transformers_logging  # it has no types
    was_enabled = switches.is_progress_bar_enabled()
    switches.disable_progress_bar()
    try:
        yield
    finally:
        if was_enabled:
            switches.enable_progress_bar()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of PyTorch says that the memory of a device ran out."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(
        mark in str(error) for mark in _OUT_OF_MEMORY_MARKS
    )
