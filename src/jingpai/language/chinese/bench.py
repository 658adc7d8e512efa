"""The Chinese form of every text of `jingpai bench`, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BENCH: Mapping[str, str] = MappingProxyType(
    {
        "Measure pairs a second, latency and memory, and the share of what the processor can do.": (
            "测量每秒打分对数、延迟和内存，以及达到处理器极限的比例。"
        ),
        "Documents of a request (20).": "每次请求的文档数（默认 20）。",
        "Tokens of a pair, query and document together (128); or several: 32,128,512.": (
            "每对的 token 数，查询与文档合计（默认 128）；可给多个：32,128,512。"
        ),
        "Threads that send requests at once (1).": "同时发出请求的线程数（默认 1）。",
        "How long each combination is measured (10).": "每种组合测量多少秒（默认 10）。",
        "Also write report.json, report.md and plot.svg to this folder.": (
            "另将 report.json、report.md 和 plot.svg 写入此文件夹。"
        ),
        "--output: {folder} is a file; name a folder": "--output：{folder} 是文件；请给出文件夹",
        "measuring": "正在测量",
        "documents": "文档",
        "threads": "线程",
        "The machine was busy before this began (load {load}, {cores} cores): measure again"
        " when it is idle.": "开始前本机正忙（负载 {load}，{cores} 个核心）：请在空闲时重新测量。",
        "requests measured: {counts}": "测得的请求数：{counts}",
        "pairs/s": "对/秒",
        "ceiling": "占极限",
        "{model} on {device} ({precision}), loaded in {seconds:.2f} s, {memory} of memory then": (
            "{model}，运行于 {device}（{precision}），加载用时 {seconds:.2f} 秒，此时内存 {memory}"
        ),
        "The ceiling was not measured.": "未测量极限。",
        "ceiling: {speed:.0f} billion operations a second in a product of"
        " {rows} × {inputs} × {outputs}": (
            "极限：{rows} × {inputs} × {outputs} 的矩阵乘法每秒 {speed:.0f} × 10⁹ 次运算"
        ),
        "p99 of fewer than 100 requests is the slowest; memory is the most so far.": (
            "请求少于 100 次时，p99 即最慢的一次；内存为至此的峰值。"
        ),
    }
)
