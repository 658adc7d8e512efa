"""The Chinese form of every text of `jingpai batch`, by its English form."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH: Mapping[str, str] = MappingProxyType(
    {
        "Score files of pairs, or of queries with lists of documents; goes on where it stopped.": (
            "为文件中的文本对（或查询与文档列表）批量打分；中断后可接着运行。"
        ),
        "A file, a folder or a pattern in quotes ('logs/*.parquet'): .parquet, .jsonl, .ndjson,"
        " .csv, .tsv, the text also with .gz; or an address such as s3://bucket/pairs.": (
            "文件、文件夹，或加引号的通配符（'logs/*.parquet'）：.parquet、.jsonl、.ndjson、.csv、.tsv，"
            "文本文件可为 .gz；也可为 s3://bucket/pairs 这样的地址。"
        ),
        "A new folder, or that of an interrupted job, which then goes on.": (
            "新文件夹，或中断任务的输出文件夹（接着运行）。"
        ),
        "Column or key of the queries (query).": "查询的列名或键名（默认 query）。",
        "Column or key of the documents, one a row (document).": (
            "文档的列名或键名，每行一篇（默认 document）。"
        ),
        "Column or key of lists of documents (documents, where there is no document).": (
            "文档列表的列名或键名（没有 document 时默认 documents）。"
        ),
        "Column or key of titles, read in front of the document; none without it.": (
            "标题的列名或键名，置于文档之前一起读；默认不读。"
        ),
        "Put before the names of the new columns.": "加在新列名之前的前缀。",
        "Most rows of an output file (10000): what is lost when a process is killed.": (
            "每个输出文件最多的行数（默认 10000）；进程被杀时最多损失这么多。"
        ),
        "local: in this process; ray: in worker processes, of one thread each unless --threads says"
        " otherwise, on a cluster with --address.": (
            "local：在本进程内；ray：在多个工作进程中（除非用 --threads 另设，每个一线程），配合"
            " --address 可用集群。"
        ),
        "On Ray: copies of the model; one a GPU, or all that the cores allow, without it.": (
            "在 Ray 上：模型的份数；默认每块 GPU 一份，没有 GPU 则按核数。"
        ),
        "{option} is for Ray; add --engine ray": "{option} 只用于 Ray；请加 --engine ray",
        "looking at the input": "正在检查输入",
        "{done:,} of {total:,} rows": "{done:,} / {total:,} 行",
        ", {rate:.1f} rows/s, {left} left": "，每秒 {rate:.1f} 行，剩余 {left}",
        "what is done is kept; run the same command again to go on": (
            "已完成的部分已保存；再次运行同一命令即可继续"
        ),
        "{output}: {scored} of {rows} rows, {pairs} pairs · {shards} files in {seconds:.0f} s": (
            "{output}：{rows} 行中的 {scored} 行，{pairs} 对 · {shards} 个文件，用时"
            " {seconds:.0f} 秒"
        ),
        "{count} of the files were there from before": "其中 {count} 个文件此前已完成",
        "{count} rows have no score; {file} says which and why": (
            "{count} 行没有得分；行号和原因见 {file}"
        ),
        "{name}: there is a column {column!r} already, in the name of a folder; give the new ones"
        " other names with --prefix, for example --prefix jingpai_": (
            "{name}：文件夹名中已有列 {column!r}；请用 --prefix 给新列另起名字，例如"
            " --prefix jingpai_"
        ),
        "{name}: the column {column!r} is only in the name of a folder, and is read from files"
        " alone; write it into the files": (
            "{name}：列 {column!r} 只出现在文件夹名中，而该列只从文件中读取；请把它写入文件"
        ),
    }
)
