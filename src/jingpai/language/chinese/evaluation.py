"""The Chinese form of every text of `eval`, `calibrate` and `compare`, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELP = {
    "Measure an order before and after reranking, on your own queries and documents.": (
        "用自己的查询和文档，衡量重排前后的排序质量。"
    ),
    "Learn from labelled pairs what scores mean, and find thresholds; writes a small file.": (
        "用标注数据校准得分的含义并选定阈值，写入一个小文件。"
    ),
    "Show where two models disagree most on your own data, with the texts.": (
        "在自己的数据上找出两个模型分歧最大之处，并列出原文。"
    ),
    "A folder as BEIR has it (corpus.jsonl, queries.jsonl, qrels/test.tsv), or a .csv, .tsv or"
    " .jsonl file of pairs: query, document, label.": (
        "BEIR 格式的文件夹（corpus.jsonl、queries.jsonl、qrels/test.tsv），或含查询、文档、标签的"
        " .csv、.tsv 或 .jsonl 文件。"
    ),
    "The order before, as TREC has it: query Q0 document rank score tag.": (
        "重排前的排序，TREC 格式：query Q0 document rank score tag。"
    ),
    "Judgements, as TREC or BEIR has them; those in the folder without it.": (
        "相关性标注，TREC 或 BEIR 格式；默认用文件夹中的。"
    ),
    "Which judgements of the folder: qrels/NAME.tsv; test without it.": (
        "用文件夹中的哪一份标注：qrels/NAME.tsv；默认为 test。"
    ),
    "What looks for candidates in a folder without --run: embedder, the one in the package, or"
    " bm25.": "没有 --run 时由谁从文件夹中检索候选：embedder（内置向量模型）或 bm25。",
    "Rerank the best N of each query; all of a run or a file of pairs without it, 20 of a first"
    " stage.": ("每个查询重排前 N 篇；默认：--run 或文本对文件中的全部，首次检索则为 20 篇。"),
    "Take a sample of N queries, always the same ones.": "抽取 N 个查询，每次抽到的相同。",
    "Column or key of the queries in a file of pairs (query).": (
        "文本对文件中查询的列名或键名（默认 query）。"
    ),
    "Column or key of the documents in a file of pairs (document).": (
        "文本对文件中文档的列名或键名（默认 document）。"
    ),
    "Column or key of the labels in a file of pairs: whole numbers, 0 for not relevant (label).": (
        "文本对文件中标签的列名或键名：整数，0 表示不相关（默认 label）。"
    ),
    "Keep scores and vectors there, so that an interrupted run goes on where it was.": (
        "把得分和向量保存在此文件夹，中断后可接着运行。"
    ),
    "As for rank; give it again for several models side by side.": (
        "与 rank 相同；可重复给出，并列比较多个模型。"
    ),
    "How many documents from the top count in nDCG, MRR, recall and precision (10); or several:"
    " 1,5,10.": "nDCG、MRR、召回率和精确率只看前多少篇（默认 10）；可给多个：1,5,10。",
    "Also write a page with plots and the worst losses; scores are kept beside it.": (
        "另写一个网页，含图表和下降最多的查询；得分保存在其旁。"
    ),
    "The file to write, for rank --calibration and Reranker(calibration=...).": (
        "要写入的文件，供 rank --calibration 和 Reranker(calibration=...) 使用。"
    ),
    "logistic (the default): a smooth curve, for 30 labels of each kind and more; isotonic: any"
    " rising curve, for 200 and more.": (
        "logistic（默认）：平滑曲线，相关与不相关各需至少 30 个标注；isotonic：任意上升曲线，各需"
        "至少 200 个。"
    ),
    "Also find the threshold from which on this share is relevant, such as 0.9.": (
        "另求阈值，使不低于它的文档中这一比例相关，例如 0.9。"
    ),
    "Also find the threshold that keeps this share of what is relevant.": (
        "另求阈值，使相关文档中这一比例得以保留。"
    ),
    "Also write a page with the reliability plots.": "另写一个含可靠性曲线的网页。",
    "What `jingpai calibrate` has written for this model; scores are probabilities then.": (
        "`jingpai calibrate` 为此模型写的文件；得分即成为概率。"
    ),
    "What scores mean: sigmoid, from 0 to 1, logit, what the model says, or calibrated.": (
        "得分的含义：sigmoid 在 0 到 1 之间；logit 为模型的原始输出；calibrated 为校准后的概率。"
    ),
    "A model, as for rank --model; `jingpai-small` is the bundled one.": (
        "模型，与 rank --model 相同；`jingpai-small` 为内置模型。"
    ),
    "The other model.": "另一个模型。",
    "Show the N queries with the greatest disagreement (5).": "显示分歧最大的 N 个查询（默认 5）。",
}

_INPUT = {
    "{option}: got {text!r}; allowed are whole numbers from 1, with commas between them:"
    " {option} {example}": (
        "{option}：{text!r} 不可用；应为从 1 起的整数，以逗号分隔：{option} {example}"
    ),
    "--for-{measure}: got {value}; allowed are shares above 0 and up to 1": (
        "--for-{measure}：{value} 不可用；应大于 0 且不超过 1"
    ),
    "{count} judged documents are not in the corpus; those that are relevant count as missed": (
        "语料中没有 {count} 篇标注过的文档；其中相关的按未检出计"
    ),
    "{data}: no query has two documents": "{data}：没有一个查询有两篇文档",
}

_RESULTS = {
    "looking for candidates": "正在检索候选",
    "embedder": "内置向量模型",
    "bm25": "BM25",
    "input order": "输入顺序",
    "measure": "指标",
    "precision": "精确率",
    "recall": "召回率",
    "before": "重排前",
    "after": "重排后",
    "gain": "变化",
    "queries": "查询数",
    "label": "标签",
    "pairs": "对数",
    "{measure} by language": "各语言的 {measure}",
    "{model} on {device} ({precision}), {pairs} pairs": (
        "{model}，运行于 {device}（{precision}），{pairs} 对"
    ),
    "{queries} queries of {data}, before: {before} · 95 % intervals by bootstrap over queries, p by"
    " a paired randomisation test · jingpai {version}, {date}": (
        "{data} 的 {queries} 个查询，重排前：{before} · 95 % 区间由对查询的自助法（bootstrap）"
        "得出，p 值由配对随机化检验得出 · jingpai {version}，{date}"
    ),
    "{count} queries have no relevant document and count as 0 in every order.": (
        "{count} 个查询没有相关文档，在各种排序中都计为 0。"
    ),
    "{queries} queries timed: p50 {p50:.0f} ms, p90 {p90:.0f} ms, p99 {p99:.0f} ms": (
        "{queries} 个查询的用时：p50 {p50:.0f} 毫秒，p90 {p90:.0f} 毫秒，p99 {p99:.0f} 毫秒"
    ),
    "share of relevant pairs": "相关的比例",
    "calibrated scores": "校准得分",
    "{file}: for {model}, from {pairs} pairs, {relevant} of them relevant": (
        "{file}：用于 {model}，来自 {pairs} 对标注，其中 {relevant} 对相关"
    ),
    "expected calibration error: {before} as sigmoid scores, {after} calibrated (95 % intervals;"
    " measured on pairs that had no part in the fit)": (
        "期望校准误差（ECE）：sigmoid 得分 {before}，校准后 {after}（95 % 区间；在未参与拟合的"
        "数据上测得）"
    ),
    "{goal}: from score {score:.4f} on; precision {precision}, recall {recall}": (
        "{goal}：得分不低于 {score:.4f}；精确率 {precision}，召回率 {recall}"
    ),
    "{goal}: no threshold can be promised, because too few labels stand behind it; about {pairs}"
    " labelled pairs of this kind are needed": (
        "{goal}：可依据的标注太少，不能给出有保证的阈值；大约需要 {pairs} 对这样的标注"
    ),
    "{goal}: no threshold reaches it on these pairs": "{goal}：在这些数据上没有阈值能达到",
    "{id}: {query} (agreement {agreement:.3f})": "{id}：{query}（一致度 {agreement:.3f}）",
    "A: {first} · B: {second} · {queries} queries · the same document first in {same:.0f} % ·"
    " agreement {agreement:.3f} on average (1: the same order, -1: the reverse)": (
        "A：{first} · B：{second} · {queries} 个查询 · {same:.0f} % 的查询首位相同 · 平均一致度"
        " {agreement:.3f}（1 为次序相同，-1 为相反）"
    ),
}

EVALUATION: Mapping[str, str] = MappingProxyType({**_HELP, **_INPUT, **_RESULTS})
