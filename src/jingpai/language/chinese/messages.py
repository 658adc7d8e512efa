"""The Chinese form of every text of the command line, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from jingpai.language.chinese.batch import BATCH
from jingpai.language.chinese.bench import BENCH
from jingpai.language.chinese.evaluation import EVALUATION
from jingpai.language.chinese.explain import EXPLAIN
from jingpai.language.chinese.serve import SERVE
from jingpai.language.chinese.train import TRAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELP = {
    "Usage: ": "用法：",
    "Arguments": "参数",
    "Options": "选项",
    "Commands": "命令",
    "Show this message and exit.": "显示帮助并退出。",
    "Show the version.": "显示版本号。",
    "Put the passages that answer first: a multilingual reranker, offline, on any CPU.": (
        "精排：让真正回答问题的段落排在最前。多语言，离线可用，普通 CPU 即可。"
    ),
    "Put documents in order of how well they answer a query.": "按照对查询的回答程度给文档排序。",
    "List the known models and say which of them are on this disk.": (
        "列出已知的模型，以及哪些已在本机。"
    ),
    "Fetch a model from the hub and check its files; prints the folder.": (
        "下载模型并校验文件，输出所在文件夹。"
    ),
    "Turn a model into a fast graph for CPUs and keep it; prints the folder.": (
        "把模型转换成适合 CPU 的快速计算图并保存，输出所在文件夹。"
    ),
    "Compare a model's scores with published ones; the exit code is 0 if all agree.": (
        "把模型的得分与已公布的得分比较；全部相符时退出码为 0。"
    ),
    "Examine this computer; the exit code is 0 if the bundled model works.": (
        "检查本机环境；内置模型可用时退出码为 0。"
    ),
    "Rerank four short lists that mislead a vector search, and show the order before and after.": (
        "对四组会误导向量检索的候选重新排序，对比前后的顺序。"
    ),
    "What is asked.": "要查询的内容。",
    "One document a line; .jsonl and .json: strings or objects with text, and if you like id,"
    " title, metadata. Without files, or for -, stdin is read.": (
        "每行一篇文档；.jsonl 和 .json：字符串，或含 text（可另有 id、title、metadata）的对象。"
        "不给文件或写 - 时读取标准输入。"
    ),
    "Show at most so many.": "最多显示多少条。",
    "Show only scores from this one on.": "只显示不低于此值的得分。",
    "fp32, fp16, bf16, int8, or auto: int8 on a CPU, fp16 on a GPU.": (
        "数值精度：fp32、fp16、bf16、int8，或 auto（CPU 用 int8，GPU 用 fp16）。"
    ),
    "Most tokens of query and passage together; the model's limit without it.": (
        "查询与段落合计的最多 token 数；默认为模型的上限。"
    ),
    "What a language model is told to look for; what its makers told it without it.": (
        "告诉语言模型要找什么；默认用模型作者给的指令。"
    ),
    "Read only the beginning of long documents, not all their passages.": (
        "长文档只读开头，不再分段逐一打分。"
    ),
    "Whether HTML and invisible characters are removed.": "是否去除 HTML 标记和不可见字符。",
    "Most tokens scored at once; what suits the device without it.": (
        "一次打分的最多 token 数；默认按设备而定。"
    ),
    "The last layer to run, for models that may stop before the end.": (
        "运行到第几层为止，用于可以提前停止的模型。"
    ),
    "CPU threads of a model; one a core without it.": "每个模型的 CPU 线程数；默认每核一个。",
    "passages scores long documents in passages; truncate, their beginning alone.": (
        "长文档：passages 为分段打分，truncate 为只读开头。"
    ),
    "lines, jsonl, json, or auto: by the ending, on stdin by the content.": (
        "文档格式：lines、jsonl、json，或 auto（看扩展名；标准输入看内容）。"
    ),
    "Encoding of the files, such as gb18030; UTF-8 without it.": (
        "文件编码，例如 gb18030；默认为 UTF-8。"
    ),
    "A name from `jingpai models`, org/name, org/name@revision or modelscope:org/name.": (
        "`jingpai models` 中的名称、org/name、org/name@revision 或 modelscope:org/name。"
    ),
    "A name from `jingpai models`, a folder, or org/name; the bundled model without it.": (
        "`jingpai models` 中的名称、文件夹或 org/name；默认为内置模型。"
    ),
    "cpu, cuda, cuda:1 or mps; the best one that works without it.": (
        "cpu、cuda、cuda:1 或 mps；默认选用可用设备中最好的。"
    ),
    "Write one JSON object instead of a table.": "输出一个 JSON 对象，而不是表格。",
    "Fetch files again that are there already.": "已有的文件也重新下载。",
    "A name from `jingpai models`, or a folder that holds one of them.": (
        "`jingpai models` 中的名称，或存放其中某个模型的文件夹。"
    ),
    "Which model a folder holds, where its own name does not say.": (
        "文件夹里是哪个模型（当文件夹名看不出来时）。"
    ),
    "fp32 (the default) is exact; for fp16, bf16 and int8 more is allowed.": (
        "fp32（默认）可精确比较；fp16、bf16、int8 会放宽允许的偏差。"
    ),
    "int8 (the default) is several times faster; fp32 is exact.": (
        "int8（默认）快数倍；fp32 无精度损失。"
    ),
    "Ask no hub.": "不访问任何模型站点。",
}

_INPUT = {
    "error: ": "错误：",
    "warning: ": "警告：",
    "interrupted": "已中断",
    "no documents: name files, or pipe them in: jingpai rank QUERY < documents.txt": (
        "没有文档：请给出文件，或通过管道输入：jingpai rank 查询 < documents.txt"
    ),
    "no documents in there; one a line is enough": "其中没有文档；每行写一篇即可",
    "no such file": "文件不存在",
    "this is a folder; name the files in it, for example {example}": (
        "这是文件夹；请给出其中的文件，例如 {example}"
    ),
    "cannot be read ({reason})": "无法读取（{reason}）",
    "{encoding} is not known; utf-8, gb18030, big5, shift_jis, cp1252 are": (
        "没有 {encoding} 这种编码；可用 utf-8、gb18030、big5、shift_jis、cp1252 等"
    ),
    "not {encoding} (byte 0x{byte:02x} at offset {offset}). {advice}": (
        "不是 {encoding} 编码（偏移 {offset} 处的字节为 0x{byte:02x}）。{advice}"
    ),
    "As Chinese text (GB18030, GBK) it can be read: add --encoding gb18030": (
        "按 GB18030（GBK）可以读出，请加上 --encoding gb18030"
    ),
    "Name the encoding it has, for example --encoding cp1252": (
        "请指明它的编码，例如 --encoding big5"
    ),
    "not JSON ({reason}). If it is plain text, add --format lines": (
        "不是 JSON（{reason}）。如果是普通文本，请加上 --format lines"
    ),
    "not JSON ({reason})": "不是 JSON（{reason}）",
    "nested too deep": "嵌套过深",
    'an array of documents is needed, or an object {{"documents": [...]}}, not {kind}': (
        '应为文档数组，或对象 {{"documents": [...]}}，而不是{kind}'
    ),
    'a document is a string or an object with "text", not {kind}': (
        '文档应为字符串，或含 "text" 的对象，而不是{kind}'
    ),
    'an object without "text"; it has {keys}': '对象中没有 "text"；只有 {keys}',
    '"{key}" must be a string, not {kind}': '"{key}" 应为字符串，而不是{kind}',
    "nothing": "空",
    "a string": "字符串",
    "an object": "对象",
    "an array": "数组",
}

_RESULTS = {
    "{model} is not on this disk yet; fetching it once.": "本机还没有 {model}，现在下载一次。",
    "loading the model": "正在加载模型",
    "scoring": "正在打分",
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
        "{model} · {scale} · 显示 {shown}/{documents} 篇文档 · {pairs} 对，用时 {seconds:.2f} 秒"
    ),
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
    "Chinese": "中文",
    "A Chinese question, English passages": "中文问题，英文段落",
    "order": "名次",
    "vector": "向量",
    "passage": "段落",
    "answers in the first two places: {before} before, {after} after;"
    " {milliseconds:.0f} ms a pair": (
        "前两名中的正确答案：重排前 {before} 个，重排后 {after} 个；每对 {milliseconds:.0f} 毫秒"
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

_DOCTOR = {
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
    "not installed": "未安装",
    "not installed ({command})": "未安装（{command}）",
    "{packages} are both installed and overwrite each other's files.": (
        "同时安装了 {packages}，它们会互相覆盖文件。"
    ),
    "TensorFlow {tensorflow} with Keras {keras} breaks the import of transformers {transformers}"
    " (\"module 'keras' has no attribute 'utils'\", or \"Keras 3 is not yet supported\").": (
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
    "{address} cannot be reached, so no model can be fetched from it. The bundled model needs no"
    " network.": "无法访问 {address}，不能从那里下载模型。内置模型不需要网络。",
    "use a mirror: {command}": "使用镜像：{command}",
    "or fetch from ModelScope: {command}": "或从 ModelScope（魔搭）下载：{command}",
    "or, if a proxy leads to the network, set HTTPS_PROXY": "或设置 HTTPS_PROXY（若需经代理上网）",
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

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        **_HELP,
        **_INPUT,
        **_RESULTS,
        **_DOCTOR,
        **BATCH,
        **BENCH,
        **EXPLAIN,
        **EVALUATION,
        **SERVE,
        **TRAIN,
    }
)
