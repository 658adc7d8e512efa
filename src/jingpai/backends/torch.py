"""PyTorch for cross-encoders: on GPUs, and for models that have no ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import AutoModelForSequenceClassification

from jingpai.backends.torch_runtime import TorchRuntime, load_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from jingpai.backends.base import Batch


class TorchBackend(TorchRuntime):
    """Runs a sequence classification checkpoint through `transformers`."""

    def _load(self, folder: Path) -> Any:  # noqa: ANN401
        return load_checkpoint(
            folder, model_class=AutoModelForSequenceClassification, kind="a cross-encoder"
        )

    def _run(self, model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401
        columns = np.arange(batch.input_ids.shape[1])
        is_token = columns < batch.lengths[:, None]
        inputs = {"input_ids": batch.input_ids, "attention_mask": is_token.astype(np.int64)}
        # Tokenizers of the RoBERTa family make no token types, and their models have but one.
        if getattr(model.config, "type_vocab_size", 0) > 1:
            is_passage = is_token & (columns >= batch.query_lengths[:, None])
            inputs["token_type_ids"] = is_passage.astype(np.int64)
        logits: torch.Tensor = model(
            **{name: self._on_device(array) for name, array in inputs.items()}
        ).logits
        return logits
