"""PyTorch for cross-encoders: on GPUs, and for models that have no ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from transformers import AutoModelForSequenceClassification

from jingpai.backends.pytorch.checkpoint import load_checkpoint
from jingpai.backends.pytorch.runtime import TorchRuntime

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from jingpai.backends.base import Batch
    from jingpai.backends.pytorch.packing import PackedRows


class TorchBackend(TorchRuntime):
    """Runs a sequence classification checkpoint through `transformers`."""

    def _load(self, folder: Path) -> Any:  # noqa: ANN401
        return load_checkpoint(
            folder, model_class=AutoModelForSequenceClassification, kind="a cross-encoder"
        )

    def _run_padded(self, model: Any, batch: Batch) -> torch.Tensor:  # noqa: ANN401
        columns = np.arange(batch.input_ids.shape[1])
        is_token = columns < batch.lengths[:, None]
        inputs = {"input_ids": batch.input_ids}
        # Without a mask PyTorch may take its fastest attention.
        if not is_token.all():
            inputs["attention_mask"] = is_token.astype(np.int64)
        if _has_segments(model):
            is_passage = is_token & (columns >= batch.query_lengths[:, None])
            inputs["token_type_ids"] = is_passage.astype(np.int64)
        logits: torch.Tensor = model(
            **{name: self._on_device(array) for name, array in inputs.items()}
        ).logits
        return logits

    def _run_packed(self, model: Any, rows: PackedRows) -> torch.Tensor:  # noqa: ANN401
        encoder = model.base_model
        positions = _positions(model, rows)
        if positions.max() >= model.config.max_position_embeddings:
            raise IndexError("the model has no position for the last token; lower max_tokens")
        inputs = self._packed_inputs(rows._replace(positions=positions))
        if _has_segments(model):
            inputs["token_type_ids"] = self._on_device(rows.is_second)[None]
        hidden = encoder(**inputs).last_hidden_state[0]
        # Heads read the first token of each row, [n, 1, hidden].
        starts = hidden[self._on_device(rows.bounds[:-1])][:, None]
        if encoder.pooler is not None:
            starts = encoder.pooler(starts)
        logits: torch.Tensor = model.classifier(starts)
        return logits


def _has_segments(model: Any) -> bool:  # noqa: ANN401
    """Whether a model tells query from passage: those of the RoBERTa family do not."""
    return bool(getattr(model.config, "type_vocab_size", 0) > 1)


def _positions(model: Any, rows: PackedRows) -> NDArray[np.int64]:  # noqa: ANN401
    """The position of each token, [tokens], as `transformers` counts.

    The RoBERTa family counts on from its padding id, and does not count a padding token, which has
    that id for a position.
    """
    if model.config.model_type == "bert":
        return rows.positions
    padding = int(model.config.pad_token_id)
    counts = rows.ids != padding
    count = np.cumsum(counts)
    starts = rows.bounds[:-1]
    before = np.repeat(count[starts] - counts[starts], np.diff(rows.bounds))
    return np.where(counts, count - before + padding, padding)
