"""Pairs in files for jobs, and what a job has written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ANIMALS = "panda bear whale ship train tea snow bread moon rain".split()


def pair(number: int) -> dict[str, Any]:
    animal = ANIMALS[number % len(ANIMALS)]
    return {"id": number, "query": f"what is a {animal}?", "document": f"{animal} no {number} " * 3}


def write_objects(path: Path, values: Iterable[dict[str, Any] | str]) -> Path:
    """One value a line; a string is written as it is."""
    lines = [value if isinstance(value, str) else json.dumps(value) for value in values]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_numbered(path: Path, count: int) -> Path:
    return write_objects(path, map(pair, range(count)))


def damage(path: Path, *, group: int) -> None:
    """Change bytes in the middle of the documents of a row group."""
    column = pq.read_metadata(path).row_group(group).column(1)
    assert column.path_in_schema == "document"
    start = min(filter(None, (column.dictionary_page_offset, column.data_page_offset)))
    middle = start + column.total_compressed_size // 2
    content = bytearray(path.read_bytes())
    content[middle : middle + 8] = bytes(255 - byte for byte in content[middle : middle + 8])
    path.write_bytes(content)


def write_parquet(path: Path, rows: int) -> Path:
    values = [{"query": pair(n)["query"], "document": pair(n)["document"]} for n in range(rows)]
    pq.write_table(
        pa.Table.from_pylist(values),
        path,
        row_group_size=15,
        compression="zstd",
        write_page_checksum=True,
    )
    return path


class Folder(NamedTuple):
    """The output of a job."""

    path: Path

    @property
    def parts(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.path.glob("part-*"))}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of JSON lines."""
        lines = b"".join(self.parts.values()).decode().splitlines()
        return [json.loads(line) for line in lines]

    @property
    def errors(self) -> list[dict[str, Any]]:
        path = self.path / "_errors.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.path / "_manifest.json").read_text("utf-8"))

    @property
    def files(self) -> list[str]:
        """All files, by their names within the folder."""
        found = (path for path in self.path.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.path).as_posix() for path in found)

    def shard(self, index: int) -> dict[str, Any]:
        return json.loads((self.path / "_shards" / f"{index:07d}.json").read_text("utf-8"))
