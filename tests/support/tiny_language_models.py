"""Language models of a few hundred kilobytes with seeded random weights, and their tokenizers.

The tokenizers are trained here on a few sentences, with the normalizer and the pre-tokenizer of
the real ones, because it is these that decide whether a prompt may be tokenised in pieces.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

if TYPE_CHECKING:
    from pathlib import Path

QWEN_PRE_TOKENIZER = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

CORPUS = (
    "yes\nno\nYes\nNo",
    "Given a web search query, retrieve relevant passages that answer the query",
    "<Instruct>: <Query>: <Document>: Judge whether the Document meets the requirements",
    "You are a search relevance expert who evaluates how well documents match search queries.",
    "Given a query A and a passage B, determine whether the passage contains an answer: 'Yes'",
    "The capital of China is Beijing. Paris is the capital of France; 1.4 billion people!",
    "中国的首都是北京。法国的首都是巴黎，人口超过一亿？天空为什么是蓝色的",
    "query: document: instruction: system user assistant 0123456789 (don't) [it's]",
)

QWEN_SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
GEMMA_SPECIALS = ("<pad>", "<eos>", "<bos>", "<unk>")
LLAMA_SPECIALS = ("<unk>", "<s>", "</s>")

TINY: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 2048,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
    # Large enough to make the answers' logits differ clearly.
    "initializer_range": 0.4,
}


@functools.cache
def _qwen_json() -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_PRE_TOKENIZER), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(QWEN_SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    tokenizer.add_tokens(["<think>", "</think>"])
    return tokenizer.to_str()


@functools.cache
def _sentencepiece_json(specials: tuple[str, ...], prefix: str) -> str:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    steps: list[Any] = [normalizers.Prepend("▁")] if prefix else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=list(specials), show_progress=False
    )
    lines = [line for text in CORPUS for line in (*text.split("\n"), *text.split(), "\n")]
    tokenizer.train_from_iterator(lines * 3, trainer)
    return tokenizer.to_str()


def qwen_tokenizer() -> Tokenizer:
    """Byte-level BPE behind the pre-tokenizer of Qwen2 and Qwen3."""
    return Tokenizer.from_str(_qwen_json())


def gemma_tokenizer() -> Tokenizer:
    """SentencePiece BPE as Gemma has it: spaces become "▁", and none is put in front."""
    return Tokenizer.from_str(_sentencepiece_json(GEMMA_SPECIALS, ""))


def llama_tokenizer() -> Tokenizer:
    """SentencePiece BPE as Llama and MiniCPM have it: with a space put in front."""
    return Tokenizer.from_str(_sentencepiece_json(LLAMA_SPECIALS, "▁"))


def write_language_model(
    folder: Path, *, kind: str, tokenizer: Tokenizer, seed: int = 0, **settings: Any
) -> Path:
    """A `{kind}ForCausalLM` of transformers; `settings` replace those of its configuration."""
    import torch
    import transformers

    config_class = getattr(transformers, f"{kind}Config")
    config = config_class(**{"vocab_size": tokenizer.get_vocab_size(), **TINY, **settings})
    torch.manual_seed(seed)
    model = getattr(transformers, f"{kind}ForCausalLM")(config)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
