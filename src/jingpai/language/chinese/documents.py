"""The Chinese form of what the reading of documents says, by its English form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DOCUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "no documents: name files, or pipe them in: jingpai rank QUERY < documents.txt": (
            "没有文档：请给出文件，或通过管道输入：jingpai rank 查询 < documents.txt"
        ),
        "no documents in there; one a line is enough": "其中没有文档；每行写一篇即可",
        "no such file": "文件不存在",
        "this is a folder; name the files in it, for example {example}": (
            "这是文件夹；请给出其中的文件，例如 {example}"
        ),
        "cannot be read ({reason})": "无法读取（{reason}）",
        "As Chinese text (GB18030, GBK) it can be read: add --encoding gb18030": (
            "按 GB18030（GBK）可以读出，请加上 --encoding gb18030"
        ),
        "Name the encoding it has, for example --encoding cp1252": (
            "请指明它的编码，例如 --encoding big5"
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
        "--encoding: got {encoding!r}; allowed are utf-8, utf-16, gb18030, big5, shift_jis, cp1252"
        " and others that Python knows": (
            "--encoding：没有 {encoding!r} 这种编码；可用 utf-8、utf-16、gb18030、big5、shift_jis、"
            "cp1252 等 Python 认识的编码"
        ),
        "not {encoding} (byte 0x{byte:02x}). {advice}": (
            "不是 {encoding} 编码（字节 0x{byte:02x}）。{advice}"
        ),
        "not {encoding} ({reason}). {advice}": "不是 {encoding} 编码（{reason}）。{advice}",
        "its name holds a NUL character": "文件名含有 NUL 字符",
        "this is gzip, but its name does not end in .gz; add it to the name": (
            "这是 gzip 文件，但文件名没有以 .gz 结尾；请在文件名后加上 .gz"
        ),
        "the name ends in .gz, but this is no gzip; take it off the name": (
            "文件名以 .gz 结尾，但内容不是 gzip；请去掉文件名中的 .gz"
        ),
        "this is gzip; unpack it first: gzip -dc FILE | jingpai ...": (
            "这是 gzip 数据；请先解压：gzip -dc 文件 | jingpai ..."
        ),
        "not a whole gzip file ({reason}); pack or fetch it again": (
            "gzip 文件不完整（{reason}）；请重新压缩或重新获取"
        ),
        "not JSON ({reason}, column {column})": "不是 JSON（{reason}，第 {column} 列）",
        "not JSON ({name}): {name} is no number of JSON; write null, or leave the key out": (
            "不是 JSON（{name}）：JSON 中没有 {name} 这个数；请写 null，或去掉这个键"
        ),
        "{fault}. If it is plain text, add --format lines": (
            "{fault}。如果是普通文本，请加上 --format lines"
        ),
        "the key {key!r} is {count} times in an object; keep one of them": (
            "对象中键 {key!r} 出现了 {count} 次；请只保留一个"
        ),
        "a JSON object is expected, not {kind}": "应为 JSON 对象，而不是{kind}",
        '"{key}" holds a number that is too large; write it as a string': (
            '"{key}" 中有过大的数；请写成字符串'
        ),
        "no column {name!r}; its columns are {names}. {advice}": (
            "没有名为 {name!r} 的列；现有的列为 {names}。{advice}"
        ),
        "The first line must name the columns; call it so there": (
            "第一行须为列名；请在那里这样命名"
        ),
        "Say what it is called with {option}": "请用 {option} 指明它的名称",
        "{count} columns are called {name!r}; rename them": ("有 {count} 列都叫 {name!r}；请改名"),
        "{fields} fields, but the first line names {columns} columns": (
            "有 {fields} 个字段，但第一行有 {columns} 个列名"
        ),
        "not CSV ({reason})": "不是 CSV（{reason}）",
    }
)
