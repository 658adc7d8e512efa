"""A tiny model that gives a known model's published scores, because its last layer is solved so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from jingpai.backends.graph import convert
from jingpai.backends.onnx import OnnxBackend
from jingpai.tokens.tokenizer import PairTokenizer
from support.batches import Row, batch_of
from support.tiny_models import TINY, write_tiny_xlm_roberta

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jingpai.verification.goldens import Golden

OUTPUT = "classifier.out_proj"


def write_model_of(goldens: Sequence[Golden], folder: Path) -> Path:
    """Write an XLM-RoBERTa whose logits of the pairs are those that were published."""
    hidden = TINY["hidden_size"]
    write_tiny_xlm_roberta(folder, labels=hidden)
    change_output(folder, weight=np.eye(hidden), bias=np.zeros(hidden))
    features = _logits(folder, goldens)
    expected = [golden.score for golden in goldens]
    if goldens[0].scale == "sigmoid":
        expected = [np.log(score / (1 - score)) for score in expected]
    weight, *_ = np.linalg.lstsq(features.astype(np.float64), np.array(expected), rcond=None)
    change_output(folder, weight=weight[None], bias=np.zeros(1))
    config = json.loads((folder / "config.json").read_text())
    config["id2label"], config["label2id"] = {"0": "LABEL_0"}, {"LABEL_0": 0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def change_output(folder: Path, *, weight: np.ndarray, bias: np.ndarray) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    tensors[f"{OUTPUT}.weight"] = weight.astype(np.float32)
    tensors[f"{OUTPUT}.bias"] = bias.astype(np.float32)
    save_file(tensors, path, metadata={"format": "pt"})


def _logits(folder: Path, goldens: Sequence[Golden]) -> np.ndarray:
    tokenizer = PairTokenizer.load(folder, max_tokens=130)
    rows = []
    for golden in goldens:
        (row,) = tokenizer.rows(tokenizer.encode_query(golden.query), [golden.document])
        rows.append(Row(list(row.ids), row.query_length))
    graph = folder / "features"
    graph.mkdir()
    convert(folder, graph, precision="fp32")
    backend = OnnxBackend(graph, threads=1)
    logits = backend.logits(batch_of(rows))
    backend.close()
    return logits
