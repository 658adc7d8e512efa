"""The Chinese form of what `jingpai doctor` shows, by its English form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DOCTOR: Mapping[str, str] = MappingProxyType(
    {
        "checking: {name}": "正在检查：{name}",
        "machine": "本机",
        "packages": "软件包",
        "device": "设备",
        "caches": "缓存",
        "network": "网络",
        "bundled model": "内置模型",
        "see the problems below": "见下方的问题",
        "This check could not be made ({reason}).": "这项检查未能进行（{reason}）。",
        "The bundled model works.": "内置模型可用。",
        "The bundled model does not work.": "内置模型不可用。",
        "system": "系统",
        "processor": "处理器",
        "instructions": "指令集",
        "cores": "核心",
        "memory": "内存",
        "int8 products": "int8 乘法",
        "exact": "精确",
        "would overflow on this processor; models get 7 bits instead": (
            "在此处理器上会溢出；模型改用 7 位"
        ),
        "unknown": "未知",
        "none": "无",
        " and ": " 和 ",
        "{physical} physical, {logical} logical, {usable} usable by this process": (
            "物理 {physical}，逻辑 {logical}，本进程可用 {usable}"
        ),
        "{total}, {available} available": "{total}，可用 {available}",
        "; this container may use {limit}": "；容器上限 {limit}",
        "; this container may use the time of {cores}": "；容器的 CPU 配额为 {cores} 核",
        "not installed": "未安装",
        "not installed ({command})": "未安装（{command}）",
        "{packages} are both installed and overwrite each other's files.": (
            "同时安装了 {packages}，它们会互相覆盖文件。"
        ),
        "TensorFlow {tensorflow} with Keras {keras} breaks the import of transformers"
        " {transformers} (\"module 'keras' has no attribute 'utils'\", or \"Keras 3 is not yet"
        ' supported").': (
            "TensorFlow {tensorflow} 与 Keras {keras} 会使 transformers {transformers} 无法导入"
            "（“module 'keras' has no attribute 'utils'”或“Keras 3 is not yet supported”）。"
        ),
        "{install}\nor, if you do not need TensorFlow: {remove}\nor: {switch}": (
            "{install}\n若不需要 TensorFlow：{remove}\n或者：{switch}"
        ),
        "{folder} is left over from a Keras that was removed: it can be imported, but is empty"
        " (\"module 'keras' has no attribute 'utils'\").": (
            "{folder} 是卸载 Keras 后的残留：能被导入，却是空的"
            "（“module 'keras' has no attribute 'utils'”）。"
        ),
        "delete the folder, or run: {command}": "删除该文件夹，或运行：{command}",
        "NVIDIA driver": "NVIDIA 驱动",
        "NVIDIA cards": "NVIDIA 显卡",
        "GPU memory held by": "占用显存的进程",
        "none found (no nvidia-smi)": "未找到（没有 nvidia-smi）",
        "no process": "没有进程",
        "{index}: {name}, {free} of {total} MiB free, driver {driver}": (
            "{index}：{name}，显存 {total} MiB，空闲 {free} MiB，驱动 {driver}"
        ),
        "cpu: torch is not installed; models run on ONNX Runtime": (
            "cpu：未安装 torch，模型由 ONNX Runtime 运行"
        ),
        "cpu: torch cannot be imported": "cpu：torch 无法导入",
        "cpu: torch finds no GPU that it can use": "cpu：torch 没有找到可用的 GPU",
        "cuda: torch can use {cards}": "cuda：torch 可用 {cards}",
        "mps: torch can use the GPU of this Mac": "mps：torch 可用这台 Mac 的 GPU",
        "There is an NVIDIA GPU, but torch is not installed, so it is not used.": (
            "本机有 NVIDIA 显卡，但未安装 torch，因此没有用上。"
        ),
        "torch {version} is installed, but `import torch` fails or hangs.": (
            "已安装 torch {version}，但 `import torch` 失败或没有响应。"
        ),
        "There is an NVIDIA GPU, but this torch ({version}) is the build for CPUs.": (
            "本机有 NVIDIA 显卡，但这个 torch（{version}）是 CPU 版。"
        ),
        "There is a GPU, but torch {version} (built for {built_for}) cannot use it. {reasons}": (
            "本机有 GPU，但 torch {version}（为 {built_for} 构建）无法使用。{reasons}"
        ),
        "update the GPU's driver, or install a torch that fits it: {address}": (
            "更新 GPU 驱动，或安装与之相配的 torch：{address}"
        ),
        "{folder}: {size}, {free} free on its disk": "{folder}：{size}，磁盘剩余 {free}",
        "choose another folder: export {variable}=/path": "换一个文件夹：export {variable}=/path",
        "{folder} cannot be written.": "{folder} 不可写。",
        "{folder} has {free} left; a large model needs {needed}.": (
            "{folder} 只剩 {free}；大模型需要 {needed}。"
        ),
        "Hugging Face hub": "Hugging Face 站点",
        "proxies": "代理",
        "set: models are never fetched": "已设置：不会下载模型",
        "{address}: not asked": "{address}：未访问",
        "reached in {milliseconds:.0f} ms (HTTP {status})": (
            "{milliseconds:.0f} 毫秒可达（HTTP {status}）"
        ),
        "not reached ({reason})": "不可达（{reason}）",
        "not an address of the web": "不是网址",
        "no answer within {seconds:.0f} s": "{seconds:.0f} 秒内没有回应",
        "{address} cannot be reached, so no model can be fetched from it. The bundled model needs"
        " no network.": "无法访问 {address}，不能从那里下载模型。内置模型不需要网络。",
        "use a mirror: {command}": "使用镜像：{command}",
        "or fetch from ModelScope: {command}": "或从 ModelScope（魔搭）下载：{command}",
        "or, if a proxy leads to the network, set HTTPS_PROXY": (
            "或设置 HTTPS_PROXY（若需经代理上网）"
        ),
        "loaded": "加载",
        "two pairs": "打分两对",
        "scores": "得分",
        "{right:.4f} for a passage that answers, {wrong:.4f} for another": (
            "回答了问题的段落 {right:.4f}，无关的段落 {wrong:.4f}"
        ),
        "The bundled model prefers the wrong passage: its files or ONNX Runtime are broken.": (
            "内置模型选错了段落：模型文件或 ONNX Runtime 已损坏。"
        ),
    }
)
