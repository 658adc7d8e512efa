"""The Chinese form of what every command says, and of the help that several of them share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PROGRAM: Mapping[str, str] = MappingProxyType(
    {
        "Usage: ": "用法：",
        "Arguments": "参数",
        "Options": "选项",
        "Commands": "命令",
        "Show this message and exit.": "显示帮助并退出。",
        "Show the version.": "显示版本号。",
        "Put the passages that answer first: a multilingual reranker, offline, on any CPU.": (
            "精排：让真正回答问题的段落排在最前。多语言，离线可用，普通 CPU 即可。"
        ),
        "Put documents in order of how well they answer a query.": (
            "按照对查询的回答程度给文档排序。"
        ),
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
        "Rerank four short lists that mislead a vector search, and show the order before and"
        " after.": ("对四组会误导向量检索的候选重新排序，对比前后的顺序。"),
        "What is asked.": "要查询的内容。",
        "One document a line; .jsonl and .json: strings or objects with text, and if you like id,"
        " title, metadata; .csv and .tsv with a column text: records. Without files, or for -,"
        " stdin is read.": (
            "每行一篇文档；.jsonl 和 .json：字符串，或含 text（可另有 id、title、metadata）的对象；"
            "含 text 列的 .csv 和 .tsv：每条记录一篇。不给文件或写 - 时读取标准输入。"
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
        "--truncate and --long-documents passages say two things; give one of the two": (
            "--truncate 与 --long-documents passages 互相矛盾；请只给其一"
        ),
        "Read only the beginning of long documents, not all their passages.": (
            "长文档只读开头，不再分段逐一打分。"
        ),
        "{what} needs {packages}, and {missing} cannot be imported: {command}": (
            "{what} 需要 {packages}，但无法导入 {missing}：{command}"
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
        "lines, jsonl, json, csv, tsv, or auto: by the ending, on stdin by the content.": (
            "文档格式：lines、jsonl、json、csv、tsv，或 auto（看扩展名；标准输入看内容）。"
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
        "error: ": "错误：",
        "warning: ": "警告：",
        "interrupted": "已中断",
        "{model} is not on this disk yet; fetching it once.": "本机还没有 {model}，现在下载一次。",
        "loading the model": "正在加载模型",
        "scoring": "正在打分",
    }
)
