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
)
