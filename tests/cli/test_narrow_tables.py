"""Tables in terminals of every width: numbers are never cut, and what does not fit goes below."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from jingpai.cli.app import app
from jingpai.cli.terminal.bars import score_text
from jingpai.cli.terminal.tables import Excerpt, Excerpts, new_table

NUMBERS = ["nDCG@10", "0.620", "-0.034 [-0.012, +0.057]", "<0.001", "123456"]
TEXTS = [
    "Pandas eat bamboo almost only, and now and then a small animal or an egg.",
    "大熊猫几乎只吃竹子，每天要吃十二到三十八公斤，偶尔也吃小动物或鸟蛋。",
    "🐼🐼🐼 emoji 🎋🎋 love bamboo 🎋 every single day",
    "https://example.com/an/address/without/any/space/pandas-eat-bamboo",
]


def lines_of(table, *, width: int) -> list[str]:
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as shown:
        console.print(table)
    return shown.get().splitlines()


def numbers_of(text: str) -> list[str]:
    return sorted(re.findall(r"[-+<]?[0-9]+\.[0-9]+", text))


@pytest.mark.parametrize(
    "headings", [["measure", "before", "gain", "p", "tokens"], list("甲乙丙丁戊")]
)
@pytest.mark.parametrize("width", [24, 30, 40, 45, 50, 56, 60, 80, 200])
def test_no_number_is_cut_and_no_line_is_too_long(headings, width):
    table = new_table()
    table.add_column(headings[0], no_wrap=True)
    for heading in headings[1:]:
        table.add_column(heading, justify="right")
    table.add_column("document")
    for text in TEXTS:
        table.add_row(*NUMBERS, Excerpts(Excerpt(text, "panda")))
    lines = lines_of(table, width=width)
    for number in (*NUMBERS, *headings):
        assert sum(number in line for line in lines) >= (1 if number in headings else len(TEXTS))
    assert max(map(cell_len, lines)) <= width


def test_a_cell_that_is_wider_than_the_terminal_loses_no_character():
    table = new_table()
    table.add_column("n", justify="right", no_wrap=True)
    table.add_row("-0.034 [-0.012, +0.057]")
    assert "".join(lines_of(table, width=10)).replace(" ", "") == "n-0.034[-0.012,+0.057]"


def test_texts_give_way_before_anything_goes_below():
    table = new_table()
    table.add_column("score", no_wrap=True)
    table.add_column("document", max_width=60)
    table.add_column("index", justify="right")
    table.add_row(score_text(0.5, scale="sigmoid"), Excerpts(Excerpt(TEXTS[0])), "1234567")
    (head, _, first, *_) = lines_of(table, width=54)
    assert head.split() == ["score", "document", "index"]
    assert first.endswith("1234567")
    assert lines_of(table, width=49)[0].split() == ["score", "0.5000", "████"]


def test_a_long_heading_is_broken_and_its_numbers_are_not():
    table = new_table()
    table.add_column("language")
    table.add_column("/models/a-folder-with-a-long-name", justify="right")
    table.add_row("English", "0.123")
    lines = lines_of(table, width=30)
    heading = "".join(line[-12:].strip() for line in lines[:3])
    assert heading == "/models/a-folder-with-a-long-name"
    assert lines[-1].split() == ["English", "0.123"]


def test_a_table_without_rows_is_its_headings():
    table = new_table()
    table.add_column("a heading", no_wrap=True)
    assert lines_of(table, width=30)[0] == "a heading"
    lines_of(table, width=3)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("command", ["rank", "explain", "models"])
def test_commands_show_the_same_numbers_at_every_width(
    environment, model_folder, tmp_path, command, lang
):
    file = tmp_path / "documents.txt"
    file.write_text("\n".join(TEXTS), encoding="utf-8")
    more = [] if command == "models" else ["pandas", str(file), "-m", str(model_folder)]

    def show(width: int) -> str:
        env = environment | {"JINGPAI_LANG": lang, "COLUMNS": str(width)}
        return CliRunner(env=env).invoke(app, [command, *more]).stdout.rpartition("·")[0]

    wide = numbers_of(show(200).split(" · ")[0])
    for width in (30, 45, 56):
        shown = show(width)
        assert max(map(cell_len, shown.splitlines())) <= width
        assert numbers_of(shown)[: len(wide)] == wide


def test_styles_survive_below_each_other():
    table = new_table()
    table.add_column("order", justify="right", min_width=30)
    table.add_row(Text("1 → 2", style="green"))
    console = Console(width=20, force_terminal=True, color_system="standard")
    with console.capture() as shown:
        console.print(table)
    assert "\x1b[32m1 → 2" in shown.get()
