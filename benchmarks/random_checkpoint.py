"""Writes XLM-RoBERTa cross-encoders with seeded random weights, as every library reads them.

Only the shape of a checkpoint decides how fast it runs, so that benchmarks need no download. The
weights are scaled so that the scores of different pairs lie far apart compared with what rounding
changes, also behind 24 layers: scores that all came out alike would agree whatever was computed.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

# Width of the normal distribution, in units of 1 / sqrt(inputs); 1 for all that is not named.
# Sharper attention and a wider head make logits differ.
GAINS = {"self.query": 1.3, "self.key": 1.3, "out_proj": 4.0}

# The same, divided by sqrt(layers): what one layer adds is small beside what passes it by, as in a
# trained model. Else differences from rounding grow from layer to layer. Attention adds more than
# the rest, since `<s>` learns of its pair by nothing else.
GAINS_OF_ALL_LAYERS = {"attention.output": 2.0, "output.dense": 0.5}


@dataclass(frozen=True)
class Shape:
    """What decides the speed of a cross-encoder.

    Attributes:
        layers: Layers of the encoder.
        hidden: Width of a layer; the feed-forward part is four times as wide.
        heads: Heads of attention.
        positions: Rows of the position table, the two included that no token is ever put at.
    """

    layers: int
    hidden: int
    heads: int
    positions: int

    @property
    def max_tokens(self) -> int:
        """Longest row; positions are counted from behind the padding id, which is 1."""
        return self.positions - 2

    def config(self) -> dict[str, object]:
        """Return what config.json says."""
        return {
            "model_type": "xlm-roberta",
            "architectures": ["XLMRobertaForSequenceClassification"],
            "num_hidden_layers": self.layers,
            "hidden_size": self.hidden,
            "num_attention_heads": self.heads,
            "intermediate_size": 4 * self.hidden,
            "vocab_size": 250_002,
            "max_position_embeddings": self.positions,
            "type_vocab_size": 1,
            "bos_token_id": 0,
            "pad_token_id": 1,
            "eos_token_id": 2,
            "layer_norm_eps": 1e-5,
            "hidden_act": "gelu",
            "torch_dtype": "float32",
            "id2label": {"0": "LABEL_0"},
            "label2id": {"LABEL_0": 0},
        }


def write_checkpoint(folder: Path, shape: Shape) -> None:
    """Write config.json and model.safetensors, one tensor at a time; the folder must be new."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(shape.config(), indent=1), encoding="utf-8")
    shapes = dict(_tensor_shapes(shape))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, size in shapes.items():
        end = offset + 4 * math.prod(size)
        header[name] = {"dtype": "F32", "shape": size, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    generator = np.random.default_rng(0)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, size in shapes.items():
            file.write(_values(generator, name, size, layers=shape.layers).data)


def write_tokenizer(folder: Path, shape: Shape) -> None:
    """Write the tokenizer of the bundled model, XLM-RoBERTa's, in the files that a hub holds."""
    bundled = files("jingpai") / "bundled" / "tokenizer.json.gz"
    names = {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape.max_tokens,
        "model_input_names": ["input_ids", "attention_mask"],
        **names,
    }
    contents = {
        "tokenizer.json": gzip.decompress(bundled.read_bytes()),
        "tokenizer_config.json": json.dumps(settings).encode(),
        "special_tokens_map.json": json.dumps(names).encode(),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _values(
    generator: np.random.Generator, name: str, size: tuple[int, ...], *, layers: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    if name.endswith("LayerNorm.weight"):
        return np.ones(size, np.float32)
    if name.endswith(".bias"):
        return np.zeros(size, np.float32)
    values = generator.standard_normal(size, np.float32)
    if "_embeddings." in name:
        # Words tell pairs apart; places and types less so.
        values *= np.float32(1.0 if ".word_" in name else 0.3)
        return values
    depth = {part: gain / math.sqrt(layers) for part, gain in GAINS_OF_ALL_LAYERS.items()}
    gain = next((gain for part, gain in (GAINS | depth).items() if part in name), 1.0)
    values *= np.float32(gain / math.sqrt(size[-1]))
    return values


def _tensor_shapes(shape: Shape) -> Iterator[tuple[str, tuple[int, ...]]]:
    hidden, inner = shape.hidden, 4 * shape.hidden
    root = "roberta"
    yield f"{root}.embeddings.word_embeddings.weight", (250_002, hidden)
    yield f"{root}.embeddings.position_embeddings.weight", (shape.positions, hidden)
    yield f"{root}.embeddings.token_type_embeddings.weight", (1, hidden)
    yield from _norm(f"{root}.embeddings.LayerNorm", hidden)
    for number in range(shape.layers):
        layer = f"{root}.encoder.layer.{number}"
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            yield from _dense(f"{layer}.attention.{part}", hidden, outputs=hidden)
        yield from _norm(f"{layer}.attention.output.LayerNorm", hidden)
        yield from _dense(f"{layer}.intermediate.dense", hidden, outputs=inner)
        yield from _dense(f"{layer}.output.dense", inner, outputs=hidden)
        yield from _norm(f"{layer}.output.LayerNorm", hidden)
    yield from _dense("classifier.dense", hidden, outputs=hidden)
    yield from _dense("classifier.out_proj", hidden, outputs=1)


def _dense(name: str, inputs: int, *, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (outputs, inputs)
    yield f"{name}.bias", (outputs,)


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)
