"""The Chinese form of what `models`, `pull`, `convert` and `verify` show, by its English form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "model": "模型",
        "weights": "参数量",
        "tokens": "token",
        "on disk": "本机",
        "missing": "缺失",
        "no": "无",
        "bundled": "内置",
        "Any other cross-encoder works as well: as a folder, or as org/name from the hub."
        " Fetch one beforehand with `jingpai pull MODEL`.": (
            "其他交叉编码器（cross-encoder）同样可用：给出文件夹，或模型站点上的 org/name。"
            "可用 `jingpai pull 模型` 提前下载。"
        ),
        "about 100": "约 100 种语言",
        "Chinese, English": "中文、英文",
        "Chinese, English, Japanese, Korean": "中文、英文、日文、韩文",
        "15, Chinese and Japanese among them": "15 种语言，含中文和日文",
        "English": "英文",
        "Japanese": "日文",
        "Korean, English": "韩文、英文",
        "Chinese, English and others": "中文、英文等",
        "multilingual": "多种语言",
        "over 100, and code": "一百多种语言，以及代码",
        "{model} is complete: {size}": "{model} 已就绪：{size}",
        "converting {model} to {precision}": "正在把 {model} 转换为 {precision}",
        "{model} is a fast graph already.": "{model} 已经是快速计算图。",
        "{model}: {before} became {after} in {seconds:.1f} s": (
            "{model}：{before} 变为 {after}，用时 {seconds:.1f} 秒"
        ),
        "pair": "文本对",
        "expected": "公布值",
        "got": "实际值",
        "difference": "偏差",
        "allowed": "允许",
        "source": "来源",
        "The sources ran in fp32 or fp16 and this run is {precision}, so more is allowed than"
        " their own tolerance. The exact comparison is --precision fp32.": (
            "公布值以 fp32 或 fp16 算出，本次以 {precision} 运行，因此放宽了允许的偏差。"
            "精确比较请用 --precision fp32。"
        ),
        "✗ {failed} of {count} published scores are missed.": (
            "✗ {count} 个公布的得分中有 {failed} 个不符。"
        ),
        "✓ All {count} published scores are met.": "✓ {count} 个公布的得分全部相符。",
    }
)
