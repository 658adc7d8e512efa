"""Cross-encoders of a few hundred kilobytes with seeded random weights, written without torch.

Each `write_tiny_...` fills a folder with config.json, model.safetensors and tokenizer.json, as a
hub would. Their tokenizers know the printable ASCII characters and some Chinese and Japanese ones,
one token each, so any text gives a row of sensible length.
"""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

if TYPE_CHECKING:
    from pathlib import Path

CHARACTERS = (
    string.digits + string.ascii_letters + string.punctuation + "的是在有中国人大上海北京のはをに"
)

TINY: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 132,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-5,
}


def write_tiny_bert(folder: Path, *, labels: int = 1, seed: int = 0, **settings: Any) -> Path:
    """A BertForSequenceClassification; `settings` replace those of config.json."""
    tokenizer = bert_tokenizer()
    config = {
        "model_type": "bert",
        "architectures": ["BertForSequenceClassification"],
        "vocab_size": tokenizer.get_vocab_size(),
        "type_vocab_size": 2,
        "pad_token_id": 0,
        **labels_of(labels),
        **TINY,
        **settings,
    }
    random = Random(seed)
    hidden = config["hidden_size"]
    tensors = encoder_tensors(random, config, prefix="bert.")
    tensors |= random.dense("bert.pooler.dense", hidden, hidden)
    tensors |= random.dense("classifier", labels, hidden)
    return write(folder, config, tensors, tokenizer)


def write_tiny_xlm_roberta(
    folder: Path, *, labels: int = 1, seed: int = 0, **settings: Any
) -> Path:
    """An XLMRobertaForSequenceClassification; `settings` replace those of config.json."""
    tokenizer = xlm_roberta_tokenizer()
    config = {
        "model_type": "xlm-roberta",
        "architectures": ["XLMRobertaForSequenceClassification"],
        "vocab_size": tokenizer.get_vocab_size(),
        "type_vocab_size": 1,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        **labels_of(labels),
        **TINY,
        **settings,
    }
    random = Random(seed)
    hidden = config["hidden_size"]
    tensors = encoder_tensors(random, config, prefix="roberta.")
    tensors |= random.dense("classifier.dense", hidden, hidden)
    tensors |= random.dense("classifier.out_proj", labels, hidden)
    return write(folder, config, tensors, tokenizer)


def write_tiny_two_segment(
    folder: Path,
    *,
    seed: int = 0,
    has_evidence: bool = False,
    has_verdict: bool = False,
    **settings: Any,
) -> Path:
    """A model of the bundled kind, its word embeddings in 4-bit blocks in a file of their own.

    With an evidence head all other tensors are those that it has without one. With a verdict it has
    the second opinion on both texts, and marks the tokens that both hold.
    """
    tokenizer = xlm_roberta_tokenizer()
    config = {
        "model_type": "two-segment-bert",
        "vocab_size": tokenizer.get_vocab_size(),
        "type_vocab_size": 2,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "query_prefix": "query: ",
        "passage_prefix": "passage: ",
        **TINY,
        **settings,
    }
    random = Random(seed)
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    tensors = encoder_tensors(random, config, prefix="")
    words = tensors.pop("embeddings.word_embeddings.weight")
    tensors["cross_segment_bias"] = random.normal(config["num_hidden_layers"], 2, heads, scale=2)
    tensors["head.scale"] = np.array([6], np.float32)
    tensors["head.offset"] = np.array([-1], np.float32)
    tensors["head.linear.weight"] = random.normal(1, 2 * hidden, scale=0.5)
    if has_evidence:
        tensors["head.evidence.weight"] = random.normal(1, hidden, scale=0.5)
        tensors["head.evidence.bias"] = random.normal(1)
    if has_verdict:
        tensors |= random.dense("head.compare", hidden, 3 * hidden)
        tensors["head.verdict.weight"] = random.normal(1, hidden, scale=0.5)
        tensors["shared_token"] = random.normal(hidden, scale=0.5)
    write(folder, config, tensors, tokenizer)
    save_file(four_bit_blocks(words), folder / "embeddings.safetensors")
    return folder


def write_tiny_text_encoder(folder: Path, *, seed: int = 0, **settings: Any) -> Path:
    """A BertModel of the kind of the bundled encoder, its matrices in 4-bit blocks beside.

    Its word embeddings are those of the two-segment model with the same seed.
    """
    tokenizer = xlm_roberta_tokenizer()
    config = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "vocab_size": tokenizer.get_vocab_size(),
        "type_vocab_size": 2,
        "pad_token_id": 1,
        **TINY,
        **settings,
    }
    tensors = encoder_tensors(Random(seed), config, prefix="")
    words = tensors.pop("embeddings.word_embeddings.weight")
    blocks: dict[str, np.ndarray] = {}
    for name in [name for name, tensor in tensors.items() if is_matrix_of_a_layer(name, tensor)]:
        stored = four_bit_blocks(tensors[name], name=name)
        tensors[name] = dequantised(stored, name=name)
        blocks |= stored
    write(folder, config, tensors, tokenizer)
    save_file(blocks, folder / "layers-4bit.safetensors")
    save_file(four_bit_blocks(words), folder / "embeddings.safetensors")
    return folder


def is_matrix_of_a_layer(name: str, tensor: np.ndarray) -> bool:
    return name.startswith("encoder.") and tensor.ndim == 2


class Random:
    """Seeded float32 tensors, large enough to make logits differ clearly."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def normal(self, *shape: int, scale: float = 0.1) -> np.ndarray:
        return (self._generator.standard_normal(shape) * scale).astype(np.float32)

    def dense(self, name: str, outputs: int, inputs: int) -> dict[str, np.ndarray]:
        return {
            f"{name}.weight": self.normal(outputs, inputs),
            f"{name}.bias": self.normal(outputs),
        }

    def norm(self, name: str, size: int) -> dict[str, np.ndarray]:
        return {f"{name}.weight": 1 + self.normal(size), f"{name}.bias": self.normal(size)}


def encoder_tensors(
    random: Random, config: dict[str, Any], *, prefix: str
) -> dict[str, np.ndarray]:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    tables = {
        "word": config["vocab_size"],
        "position": config["max_position_embeddings"],
        "token_type": config["type_vocab_size"],
    }
    tensors = {
        f"{prefix}embeddings.{name}_embeddings.weight": random.normal(rows, hidden, scale=1)
        for name, rows in tables.items()
    }
    tensors |= random.norm(f"{prefix}embeddings.LayerNorm", hidden)
    for number in range(config["num_hidden_layers"]):
        layer = f"{prefix}encoder.layer.{number}"
        for name in ("query", "key", "value"):
            tensors |= random.dense(f"{layer}.attention.self.{name}", hidden, hidden)
        tensors |= random.dense(f"{layer}.attention.output.dense", hidden, hidden)
        tensors |= random.norm(f"{layer}.attention.output.LayerNorm", hidden)
        tensors |= random.dense(f"{layer}.intermediate.dense", inner, hidden)
        tensors |= random.dense(f"{layer}.output.dense", hidden, inner)
        tensors |= random.norm(f"{layer}.output.LayerNorm", hidden)
    return tensors


def four_bit_blocks(matrix: np.ndarray, *, name: str = "word_embeddings") -> dict[str, np.ndarray]:
    """Blocks of 32 weights with a float16 scale; see `jingpai.backends.graph.embeddings`."""
    blocks = matrix.reshape(len(matrix), -1, 32)
    scales = (np.abs(blocks).max(axis=-1) / 7).astype(np.float16)
    codes = np.rint(blocks / scales.astype(np.float32)[..., None]).clip(-8, 7) + 8
    codes = codes.reshape(len(matrix), -1).astype(np.uint8)
    return {
        f"{name}.blocks": codes[:, 0::2] | codes[:, 1::2] << 4,
        f"{name}.scales": scales,
    }


def dequantised(stored: dict[str, np.ndarray], *, name: str = "word_embeddings") -> np.ndarray:
    """Weight 2j is the low half of byte j and 2j + 1 the high one; the zero point is 8."""
    packed, scales = stored[f"{name}.blocks"], stored[f"{name}.scales"]
    rows = np.empty((len(packed), packed.shape[1] * 2), np.float32)
    for column in range(rows.shape[1]):
        byte = packed[:, column // 2]
        code = byte >> 4 if column % 2 else byte & 15
        rows[:, column] = (code.astype(np.float32) - 8) * scales[:, column // 32]
    return rows


def labels_of(count: int) -> dict[str, Any]:
    names = [f"LABEL_{index}" for index in range(count)]
    return {
        "id2label": {str(index): name for index, name in enumerate(names)},
        "label2id": {name: index for index, name in enumerate(names)},
    }


def bert_tokenizer() -> Tokenizer:
    """Pairs as BERT writes them: [CLS] query [SEP] passage [SEP]."""
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer = character_tokenizer(specials, unknown="[UNK]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return tokenizer


def xlm_roberta_tokenizer() -> Tokenizer:
    """Pairs as XLM-RoBERTa writes them: <s> query </s></s> passage </s>."""
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = character_tokenizer(specials, unknown="<unk>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 2)],
    )
    return tokenizer


def character_tokenizer(specials: list[str], *, unknown: str) -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate([*specials, *CHARACTERS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    tokenizer.add_special_tokens(specials)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", behavior="isolated")]
    )
    return tokenizer


def write(
    folder: Path, config: dict[str, Any], tensors: dict[str, np.ndarray], tokenizer: Tokenizer
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
