"""A small set in BEIR's layout: queries, documents that share words with them, judgements."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CORPUS = {
    "d1": "pandas eat bamboo",
    "d2": "trains leave at noon",
    "d3": "大熊猫以竹子为食",
    "d4": "whales sing in the sea",
    "d5": "bamboo grows fast",
}
QUERIES = {"q1": "what do pandas eat", "q2": "when does the train leave", "q3": "大熊猫吃什么"}
JUDGEMENTS = [("q1", "d1", 2), ("q1", "d5", 1), ("q2", "d2", 1), ("q3", "d3", 1)]
RUN = [
    *(("q1", name, score) for name, score in (("d4", 3.0), ("d1", 2.0), ("d5", 1.0))),
    *(("q2", name, score) for name, score in (("d2", -1.0), ("d1", -2.0))),
    *(("q3", name, score) for name, score in (("d5", 0.5), ("d3", 0.4), ("d1", 0.3))),
]


def write_beir(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, texts in (("corpus", CORPUS), ("queries", QUERIES)):
        lines = [json.dumps({"_id": one, "text": text}) for one, text in texts.items()]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, one)) for one in JUDGEMENTS)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    return write_beir(tmp_path / "set")


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "first.run"
    lines = [f"{query} Q0 {name} 1 {score} tag" for query, name, score in RUN]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
