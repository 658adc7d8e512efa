"""The card of a trained model: what it learnt from, what that changed, and what it is not."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from jingpai.files.whole import write_text
from jingpai.pages.wording import chance_text, gain_text, mean_text

if TYPE_CHECKING:
    from pathlib import Path

    from jingpai.training.outcome import TrainingOutcome

_ENGLISH = """\
# {name}

{parent}, fine-tuned with `jingpai train` on {data}.

```python
from jingpai import Reranker

reranker = Reranker("{name}")  # this folder
```

## Results

{measured} queries of {test} that were not learnt from and chose nothing, with the same documents
for both models. Behind a mean and a gain stand 95 % intervals by bootstrap over queries; p is of a
paired randomisation test.

| measure | {parent} | {name} | gain | p |
|---|---|---|---|---|
{rows}

{verdict}

## Training

- Data: {data}, {pairs} pairs of {queries} queries; {train} queries to learn from, {check} to
  steer by{unanswered}{dropped}. {mined} documents that do not answer were mined from the same file.
- Settings: {settings}.
- {steps} steps{early}; the state of step {best} was kept. nDCG@10 of the queries that steer:
  {checks}.

## Limits

- What it gained is known for queries like the measured ones and for nothing else. Measure it on
  your other data (`jingpai eval DATA --model PARENT --model {name}`): what a model learns of
  one field it may lose in others.
- Its scores mean something else than the parent's. Thresholds and calibrations
  (`jingpai calibrate`) have to be made anew.
- The licence of the parent holds for this model too ({license}), and so may that of the data.
"""

_CHINESE = """\
# {name}（中文）

由 {parent} 用 `jingpai train` 在 {data} 上微调而成。

## 结果

在 {test} 的 {measured} 个查询上比较；这些查询既未用于学习，也未用于选择权重，两个模型的候选文档
相同。均值与增益后为按查询自助抽样的 95 % 区间，p 值来自配对随机化检验。

| 指标 | {parent} | {name} | 增益 | p |
|---|---|---|---|---|
{rows}

{verdict_zh}

## 训练

- 数据：{data}，{queries} 个查询的 {pairs} 个文本对；{train} 个查询用于学习，{check} 个用于控制
  训练{unanswered_zh}{dropped_zh}。另从同一文件中挖掘了 {mined} 篇不相关的文档。
- 设置：{settings}。
- 共 {steps} 步{early_zh}，保留第 {best} 步的权重。控制训练的查询上的 nDCG@10：
  {checks}。

## 局限

- 增益只对与测试查询相似的查询成立。在一个领域学到的，可能以其他领域的质量为代价，请在其他数据上再测
  （`jingpai eval DATA --model PARENT --model {name}`）。
- 得分的含义与原模型不同，阈值和校准（`jingpai calibrate`）需要重做。
- 原模型的许可证同样适用于本模型（{license}），数据的许可证也可能适用。
"""

_MEASURES = ("nDCG@10", "MRR@10", "MAP")


def write_card(outcome: TrainingOutcome, folder: Path) -> None:
    """Write README.md, in English and in Chinese, and training.json beside it."""
    facts = {**_counts(outcome), **_results(outcome), **_course(outcome), "name": folder.name}
    text = "\n".join(template.format(**facts) for template in (_ENGLISH, _CHINESE))
    write_text(folder / "README.md", text)
    content = json.dumps(outcome.as_json(), ensure_ascii=False, indent=1)
    write_text(folder / "training.json", f"{content}\n")


def _counts(outcome: TrainingOutcome) -> dict[str, object]:
    data, parts = outcome.data, outcome.parts
    groups = (*parts.train, *parts.check, *parts.measured)
    return {
        "data": data.name,
        "pairs": data.pairs,
        "queries": len(data.groups) + data.unanswered,
        "train": len(parts.train),
        "check": len(parts.check),
        "measured": len(parts.measured),
        "mined": sum(group.mined for group in groups),
        "unanswered": f"; {data.unanswered} without an answer were left out"
        if data.unanswered
        else "",
        "unanswered_zh": f"；{data.unanswered} 个没有相关文档的查询未使用"
        if data.unanswered
        else "",
        "dropped": f"; {parts.dropped} that the test file asks too were left out"
        if parts.dropped
        else "",
        "dropped_zh": f"；{parts.dropped} 个与测试文件重复的查询未使用" if parts.dropped else "",
    }


def _results(outcome: TrainingOutcome) -> dict[str, object]:
    report, gain = outcome.report, outcome.gain(_MEASURES[0])
    is_sure = gain.p < 0.05 and (gain.low > 0 or gain.high < 0)
    return {
        "parent": outcome.parent.name,
        "license": outcome.parent.license,
        "test": report.test_set.name,
        "rows": "\n".join(_row(outcome, measure) for measure in _MEASURES),
        "verdict": "Chance alone hardly explains the difference in nDCG@10."
        if is_sure
        else "Chance alone may explain the difference in nDCG@10: measure on more queries.",
        "verdict_zh": "nDCG@10 的差异很难用偶然来解释。"
        if is_sure
        else "nDCG@10 的差异可能只是偶然，请用更多查询评测。",
    }


def _row(outcome: TrainingOutcome, measure: str) -> str:
    gain = outcome.gain(measure)
    numbers = (*map(mean_text, outcome.means(measure)), gain_text(gain), chance_text(gain.p))
    return f"| {measure} | {' | '.join(numbers)} |"


def _course(outcome: TrainingOutcome) -> dict[str, object]:
    fitted = outcome.fitted
    checks = [f"{fitted.parent.quality:.3f}", *(f"{check.quality:.3f}" for check in fitted.checks)]
    settings = [f"`{name}` {value}" for name, value in asdict(outcome.settings).items()]
    return {
        "settings": ", ".join(settings),
        "steps": fitted.steps,
        "best": fitted.best.step,
        "checks": " → ".join(checks),
        "early": ", stopped early for want of progress" if fitted.stopped_early else "",
        "early_zh": "（因不再进步而提前停止）" if fitted.stopped_early else "",
    }
