"""`jingpai explain`, run in this process."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from jingpai.cli.app import app

QUERY = "what does a giant panda eat?"
DOCUMENTS = [
    "The train leaves at noon.",
    "It rains in May. Bamboo is nearly all that a giant panda eats.",
    "<script>alert(1)</script> & what does a giant panda eat?",
    "大熊猫以竹子为食。",
]


@pytest.fixture
def run(environment, tmp_path, monkeypatch):
    """Run the command with the bundled model on a file of documents."""
    monkeypatch.chdir(tmp_path)
    Path("documents.txt").write_text("\n".join(DOCUMENTS), "utf-8")

    def invoke(*arguments: str | Path, lang="en") -> Result:
        command = ["explain", QUERY, "documents.txt", *map(str, arguments)]
        return CliRunner(env=environment | {"JINGPAI_LANG": lang}).invoke(app, command)

    return invoke


def test_it_shows_what_moved_and_the_sentence_that_moved_it(run):
    result = run()
    assert result.exit_code == 0
    places = re.findall(r"^ *(\d) → (\d) +(▲\d|▼\d|=)", result.stdout, re.MULTILINE)
    assert [int(after) for _, after, _ in places] == [1, 2, 3, 4]
    assert sorted(int(before) for before, _, _ in places) == [1, 2, 3, 4]
    for before, after, arrow in places:
        moved = int(before) - int(after)
        assert arrow == (f"▲{moved}" if moved > 0 else f"▼{-moved}" if moved < 0 else "=")
    assert "Bamboo is nearly all" in result.stdout
    assert "It rains in May" not in result.stdout
    assert "sentence 2 of 2, alone 0." in result.stdout
    assert max(map(cell_len, result.stdout.splitlines())) <= 80


def test_shared_words_put_the_repeated_question_first(run):
    result = run("--by", "bm25", "-k", 9)
    (first,) = [line for line in result.stdout.splitlines() if re.match(r" *1 → ", line)]
    assert "<script>" in first


def test_top_k_shows_so_many(run):
    assert len(re.findall(r" → \d ", run("-k", 2).stdout)) == 2


def test_it_speaks_chinese(run):
    result = run("--html", "report.html", lang="zh")
    assert "向量相似度 → 精排后" in result.stdout
    assert "第 2/2 句，单独得分" in result.stdout
    assert "完整内容见 report.html" in result.stderr
    page = Path("report.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    assert "各文档的句子" in page


class Tags(HTMLParser):
    """Collects what stands in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_report_is_one_file_without_scripts_or_addresses(run):
    run("--html", "report.html")
    page = Tags()
    page.feed(Path("report.html").read_text("utf-8"))
    names = [name for name, _ in page.tags]
    assert "script" not in names
    assert not {"link", "img", "iframe"} & set(names)
    links = [
        value for _, found in page.tags for key, value in found.items() if key in ("href", "src")
    ]
    assert all(link and link.startswith("#document-") for link in links)
    assert len(links) == 2 * len(DOCUMENTS)  # a row before, and one after
    assert names.count("path") == len(DOCUMENTS)
    assert sum("is-best" in (found.get("class") or "") for _, found in page.tags) == len(DOCUMENTS)
    for text in DOCUMENTS:
        assert text in page.text


def test_a_report_that_cannot_be_written_is_told(run):
    result = run("--html", "nowhere/report.html")
    assert result.exit_code == 2
    assert "nowhere/report.html cannot be written" in result.stderr
