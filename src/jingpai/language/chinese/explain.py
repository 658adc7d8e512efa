"""The Chinese form of every text of `jingpai explain`, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EXPLAIN: Mapping[str, str] = MappingProxyType(
    {
        "Rank documents, and show what moved, and the sentence that moved it.": (
            "给文档排序，并显示名次的变化，以及决定名次的句子。"
        ),
        "One document a line; .jsonl and .json: strings or objects with text. For -, stdin is"
        " read.": "每行一篇文档；.jsonl 和 .json：字符串，或含 text 的对象。写 - 时读取标准输入。",
        "The order before: similarity, of vectors, or bm25, by shared words.": (
            "之前的顺序：similarity 按向量相似度，bm25 按相同字词。"
        ),
        "Also write a page that shows it, in one file without scripts.": (
            "另存为网页：单个文件，不含脚本。"
        ),
        "{file} has the whole of it.": "完整内容见 {file}。",
        "{model} · order: by {by} → reranked · in the text: its best sentence": (
            "{model} · 名次：按{by} → 精排后 · 文档栏显示其最佳句子"
        ),
        "vector similarity": "向量相似度",
        "shared words (BM25)": "相同字词（BM25）",
        "sentence {number} of {sentences}, alone {score:.3f}": (
            "第 {number}/{sentences} 句，单独得分 {score:.3f}"
        ),
    }
)
