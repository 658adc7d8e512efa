"""The Chinese form of every text of `jingpai train`, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIN: Mapping[str, str] = MappingProxyType(
    {
        "Fine-tune a model on your own pairs, and compare it with its parent.": (
            "用自己的标注数据微调模型，并与原模型比较。"
        ),
        "A .csv, .tsv or .jsonl file of pairs: query, document, label; or FlagEmbedding's .jsonl:"
        " query, pos, neg.": (
            "含查询、文档、标签的 .csv、.tsv 或 .jsonl 文件；"
            "或 FlagEmbedding 的 .jsonl（query、pos、neg）。"
        ),
        "The folder of the new model; it must not exist yet.": "新模型的文件夹，不能已经存在。",
        "Compare with the parent on the queries of this file; on some held out of DATA without"
        " it.": ("在此文件的查询上与原模型比较；默认使用 DATA 中留出的一部分。"),
        "See every query so often at most (2).": "每个查询最多学习几遍（默认 2）。",
        "How far a step goes (3e-5); lower where the model forgets too much.": (
            "学习率（默认 3e-5）；模型遗忘过多时调低。"
        ),
        "Documents that do not answer, for each query (4); where there are fewer, others of"
        " DATA are added.": ("每个查询的不相关文档数；不足时从 DATA 的其他文档中挖掘（默认 4）。"),
        "Share of the queries that is not learnt from (0.2).": (
            "留出不用于学习的查询比例（默认 0.2）。"
        ),
        "Of the choice of queries held out, and of the order of training (0).": (
            "随机种子，决定留出哪些查询和训练的顺序（默认 0）。"
        ),
        "Go on with a run that was interrupted.": "继续上次中断的训练。",
        "The same command with --resume goes on where it was.": (
            "在同一命令后加上 --resume，即可接着训练。"
        ),
        "looking for hard negatives": "正在挖掘难负例",
        "reading long documents": "正在读取长文档",
        "training": "正在训练",
        "measuring quality": "正在评测",
        "parent: nDCG@10 of the queries held out {quality:.3f}": (
            "原模型：留出查询的 nDCG@10 为 {quality:.3f}"
        ),
        "step {step}: nDCG@10 of the queries held out {quality:.3f}": (
            "第 {step} 步：留出查询的 nDCG@10 为 {quality:.3f}"
        ),
        "parent": "原模型",
        "trained": "微调后",
        "{measured} queries that were not learnt from · trained on {train}, {check} to steer"
        " · {steps} steps, the state of step {best} kept": (
            "在 {measured} 个未学习过的查询上比较 · 学习 {train} 个，控制训练 {check} 个"
            " · 共 {steps} 步，保留第 {best} 步的权重"
        ),
        "{folder} holds the model and its card: Reranker({name!r})": (
            "模型及其说明在 {folder}：Reranker({name!r})"
        ),
    }
)
