"""The Chinese form of what `rank` and `demo` show, by its English form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RANK: Mapping[str, str] = MappingProxyType(
    {
        "score": "得分",
        "document": "文档",
        "index": "下标",
        "best of {passages} passages, characters {start}–{end}": (
            "{passages} 段中得分最高的一段，第 {start}–{end} 字符"
        ),
        "cut: not all of it was read": "已截断：未读完全文",
        "No document reaches the threshold.": "没有文档达到阈值。",
        "sigmoid scores": "sigmoid 得分",
        "logits": "logit 得分",
        "{model} · {scale} · {shown} of {documents} documents · {pairs} pairs in {seconds:.2f} s": (
            "{model} · {scale} · 显示 {shown}/{documents} 篇文档 · {pairs} 对，用时"
            " {seconds:.2f} 秒"
        ),
        "Chinese": "中文",
        "A Chinese question, English passages": "中文问题，英文段落",
        "order": "名次",
        "vector": "向量",
        "passage": "段落",
        "answers in the first two places: {before} before, {after} after;"
        " {milliseconds:.0f} ms a pair": (
            "前两名中的正确答案：重排前 {before} 个，重排后 {after} 个；每对"
            " {milliseconds:.0f} 毫秒"
        ),
        "{model} on {device} ({precision}), loaded in {seconds:.2f} s": (
            "{model}，运行于 {device}（{precision}），加载用时 {seconds:.2f} 秒"
        ),
        "order: by vector similarity → reranked\n"
        "vector: cosine of question and passage ({model})\n"
        "✓ answers   ≈ only shares words with the question   – unrelated": (
            "名次：按向量相似度 → 精排后\n"
            "向量：问题与段落的向量余弦（{model}）\n"
            "✓ 回答了问题   ≈ 只与问题有相同字词   – 无关"
        ),
    }
)
