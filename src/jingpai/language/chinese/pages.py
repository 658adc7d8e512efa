"""The Chinese form of what stands on pages and in plots, by its English form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "Reranking {data}": "{data} 的重排评测",
        "Before and after": "重排前后",
        "Scores by label": "各标签的得分分布",
        "Time": "用时",
        "All scores were kept from before, so no time was measured.": (
            "所有得分都取自先前的保存，因此没有测量用时。"
        ),
        "Worst losses by {measure}": "{measure} 下降最多的查询",
        "{count} queries lose.": "{count} 个查询变差。",
        "{id}: {measure} {before:.3f} → {after:.3f}": "{id}：{measure} {before:.3f} → {after:.3f}",
        "place {before} → {after}": "名次 {before} → {after}",
        "queries, those that gain most first": "查询，提升最多的在前",
        "change of {measure}": "{measure} 的变化",
        "label {label} ({count} pairs)": "标签 {label}（{count} 对）",
        "density": "密度",
        "ms a query": "每个查询的毫秒数",
        "share of queries": "查询所占比例",
        "perfect": "完全可靠",
        "Calibrated scores": "校准得分",
        "Sigmoid scores": "sigmoid 得分",
        "Calibration of {model}": "{model} 的校准",
        "{measure} of every query": "每个查询的 {measure}",
        "relevant": "相关",
        "not relevant": "不相关",
        "query": "查询",
        "language": "语言",
        "{model} on {device} ({precision})": "{model}，运行于 {device}（{precision}）",
        "--html: {file} cannot be written ({reason})": "--html：无法写入 {file}（{reason}）",
        "The sentences of each document, by their own scores": "各文档的句子，按各自的得分着色",
        "cosine, 0.7 – 1": "余弦，0.7 – 1",
        "tokens of a pair": "每对的 token 数",
        "documents of a request": "每次请求的文档数",
        "threads that send requests": "发出请求的线程数",
        "pairs a second": "每秒对数",
        "ms a request": "每次请求的毫秒数",
        # Scripts, where the data do not say a query's language.
        "Arabic": "阿拉伯文",
        "Bengali": "孟加拉文",
        "Cyrillic": "西里尔文",
        "Devanagari": "天城文",
        "Greek": "希腊文",
        "Han": "汉字",
        "Hangul": "韩文",
        "Hebrew": "希伯来文",
        "Latin": "拉丁文",
        "Tamil": "泰米尔文",
        "Telugu": "泰卢固文",
        "Thai": "泰文",
    }
)
