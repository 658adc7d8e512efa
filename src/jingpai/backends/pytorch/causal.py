"""PyTorch for language models: the logits of the words that they may answer with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM

from jingpai.backends.pytorch.checkpoint import load_checkpoint
from jingpai.backends.pytorch.runtime import TorchPrecision, TorchRuntime
from jingpai.errors import ModelFilesInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jingpai.backends.base import Batch
    from jingpai.backends.pytorch.packing import PackedRows


class LastTokenRuntime(TorchRuntime):
    """Runs a language model whose outputs behind the last token of a row are the logits."""

    def _run_padded(self, model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401
        # Padding stands behind the row and a token sees none behind it, so no mask is needed, and
        # PyTorch can take its fastest causal attention. Outputs are computed at the positions
        # where some row ends: few, since a batch holds rows of similar length.
        ends, which = np.unique(batch.lengths.astype(np.int64) - 1, return_inverse=True)
        logits: torch.Tensor = model(
            input_ids=self._on_device(batch.input_ids),
            use_cache=False,
            logits_to_keep=self._on_device(ends),
        ).logits
        return logits[torch.arange(len(which)), torch.from_numpy(which)]

    def _run_packed(self, model: Any, rows: PackedRows) -> torch.Tensor:  # noqa: ANN401
        ends = self._on_device(rows.bounds[1:].astype(np.int64) - 1)
        logits: torch.Tensor = model(
            **self._packed_inputs(rows), use_cache=False, logits_to_keep=ends
        ).logits
        return logits[0]


class CausalBackend(LastTokenRuntime):
    """Runs a language model; its logits are those of given tokens behind the last token of a row.

    The output matrix is cut down to these tokens, so the logits of a whole vocabulary never exist.
    What a model does behind that matrix (a bias, a scale, a soft cap) it still does itself.
    """

    def __init__(
        self, folder: Path, *, answer_ids: Sequence[int], device: str, precision: TorchPrecision
    ) -> None:
        """Load a language model from a folder.

        Args:
            folder: Holds config.json and safetensors files.
            answer_ids: The tokens whose logits are the k columns, in this order.
            device: As for `TorchRuntime`.
            precision: As for `TorchRuntime`.

        Raises:
            ModelFilesInvalid: The checkpoint is broken or no language model, or its vocabulary
                lacks an answer.
            OutOfMemory: The weights do not fit on the device.
        """
        self._answer_ids = tuple(answer_ids)
        super().__init__(folder, device=device, precision=precision)

    def _load(self, folder: Path) -> Any:  # noqa: ANN401
        model = load_checkpoint(folder, model_class=AutoModelForCausalLM, kind="a language model")
        output = model.get_output_embeddings()
        if max(self._answer_ids) >= len(output.weight):
            raise ModelFilesInvalid(
                f"{folder}: token {max(self._answer_ids)} of its tokenizer.json is an answer, but"
                f" the model has {len(output.weight)} tokens. The two files are not of one model;"
                " fetch both again."
            )
        wanted = list(self._answer_ids)
        bias = getattr(output, "bias", None)
        model.set_output_embeddings(
            FewOutputs(output.weight[wanted], None if bias is None else bias[wanted])
        )
        return model


class FewOutputs(torch.nn.Module):
    """A few rows of an output matrix, [k, hidden]; its products are float32 in any precision.

    The answers' logits are large and near each other: bfloat16 would round the difference away.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None = None) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(weight.detach().clone())
        self.bias = None if bias is None else torch.nn.Parameter(bias.detach().clone())

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return [..., k] of [..., hidden]."""
        bias = None if self.bias is None else self.bias.float()
        return torch.nn.functional.linear(hidden.float(), self.weight.float(), bias)


def default_precision(device: str) -> TorchPrecision:
    """Return the number format that suits language models on a device.

    On CUDA it is bf16 where the hardware has it: these models are trained in it, and their
    activations may leave the range of fp16.
    """
    if not device.startswith("cuda"):
        return "fp32"
    major, _ = torch.cuda.get_device_capability(device)
    return "bf16" if major >= 8 else "fp16"
