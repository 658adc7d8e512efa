"""Files with one JSON object a line, plain or gzipped."""

import json
from collections.abc import Iterable
from pathlib import Path

from jingpai.files.text import open_text


def read_records(path: Path) -> list[dict]:
    with open_text(path) as file:
        return [record for _, record in file.objects()]


def write_records(path: Path, records: Iterable[dict]) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
