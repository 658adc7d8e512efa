"""docs/cluster.md says in both languages what the simulation and the benchmarks have found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / "docs" / name).read_text("utf-8") for name in ("cluster.md", "cluster.zh-CN.md")
}
FOUND = json.loads((ROOT / "benchmarks/cluster/results/simulate.json").read_text("utf-8"))


def numbers(line: str) -> list[float]:
    return [float(cell.replace(",", "")) for cell in re.findall(r"(?<=\| )[\d,.]+(?= \|)", line)]


def test_both_languages_show_the_same_code_and_have_the_same_parts():
    english, chinese = PAGES.values()
    code = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    assert code.findall(english) == code.findall(chinese)
    for mark in ("\n## ", "\n| ", "\n- ", "\n> ", "]("):
        assert english.count(mark) == chinese.count(mark)


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_shards_is_what_was_simulated(page):
    table = [
        numbers(line)
        for line in PAGES[page].splitlines()
        if re.match(r"\| [\d,]+ \| [\d,]+ \|", line)
    ]
    names = (
        *("pairs a shard", "shards", "minutes a shard", "hours", "efficiency"),
        *("hours of the tail", "worker hours lost with them"),
        *("MB of manifests", "MB of the plan in the driver"),
    )
    assert table == [[row[name] for name in names] for row in FOUND["shards"]]


@pytest.mark.parametrize("page", PAGES)
def test_what_is_computed_is_right(page):
    text = PAGES[page]
    sums = re.findall(r"10⁹ ÷ \(([\d.]+) × 86,400 × 0\.97\) = ([\d,]+)", text)
    assert [float(rate) for rate, _ in sums] == [36.2, 4.2]
    for rate, cores in sums:
        exact = 1e9 / (float(rate) * 86_400 * 0.97)
        assert int(cores.replace(",", "")) == pytest.approx(exact, abs=1)
    for rate, price in re.findall(r"10⁶ ÷ \(([\d.]+) × 3,600\) × 0\.10 = ([\d.]+)", text):
        assert float(price) == pytest.approx(1e6 / (float(rate) * 3600) * 0.10, abs=0.006)


@pytest.mark.parametrize("page", PAGES)
def test_rates_are_those_of_the_benchmarks(page):
    for report, rate in (("bench-bundled", 72.4), ("bench-large", 8.45)):
        assert f"| 20 | 128 | 1 | {rate} |" in (
            ROOT / "benchmarks/results" / report / "report.md"
        ).read_text("utf-8")
        assert f"| {rate} |" in PAGES[page]
    assert FOUND["assumed"]["pairs_a_second"] == pytest.approx(72.4 / 2 * 4, abs=0.5)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_is_named_is_there(page):
    paths = re.findall(r"\]\((?!http|#)([^)#]+)", PAGES[page])
    assert paths
    assert [path for path in paths if not (ROOT / "docs" / path).exists()] == []
