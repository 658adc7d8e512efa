"""Long texts made to fit a terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from jingpai.cli.terminal.console import printable
from jingpai.cli.terminal.excerpt import ELLIPSIS, lay_out

ENGLISH = "The giant panda is a bear endemic to China. " * 10 + "Bamboo makes up its whole diet."
CHINESE = "大熊猫是中国特有的熊科动物，主要分布在四川的山区。" * 10 + "竹子几乎是它唯一的食物。"
MIXED = "华为Mate60 Pro的卫星通话功能（天通）需要先开通，详见 https://example.com/a?b=c 的说明。"


def test_a_text_that_fits_stays_as_it_is():
    assert lay_out("short", query="q", width=20, most_lines=2) == ["short"]
    assert lay_out("", query="q", width=20, most_lines=2) == [""]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, MIXED, "x" * 500, "한국어 문장입니다. " * 30])
@pytest.mark.parametrize("width", [10, 24, 45])
def test_no_line_is_wider_and_there_are_no_more_than_asked_for(text, width):
    lines = lay_out(text, query="panda 竹子", width=width, most_lines=2)
    assert len(lines) <= 2
    assert all(cell_len(line) <= width for line in lines)


def test_chinese_fills_its_lines():
    lines = lay_out(CHINESE, query="", width=24, most_lines=2)
    assert cell_len(lines[0]) >= 22


def test_a_line_does_not_begin_with_closing_punctuation():
    for width in range(10, 40):
        lines = lay_out(CHINESE, query="", width=width, most_lines=8)
        assert not any(line[0] in "，。" for line in lines)


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [(ENGLISH, "what is the panda's diet of bamboo", "Bamboo"), (CHINESE, "熊猫吃竹子吗", "竹子")],
)
def test_a_long_text_is_shown_where_it_speaks_of_the_query(text, query, found):
    lines = lay_out(text, query=query, width=40, most_lines=2)
    assert found in " ".join(lines)
    assert lines[0].startswith(ELLIPSIS)


def test_a_long_text_is_shown_from_its_beginning_if_the_query_is_nowhere():
    lines = lay_out(ENGLISH, query="Quantenphysik", width=40, most_lines=2)
    assert lines[0].startswith("The giant panda")
    assert lines[-1].endswith(ELLIPSIS)


def test_nothing_that_commands_a_terminal_is_printed():
    hostile = "a\x1b[31mb\x07\x9b2Jc\u202ed\u2066e\ud800f\n\tg\u200bh"
    shown = printable(hostile)
    assert shown == "a [31mb 2Jcde f gh"
    assert printable("می‌خواهم 👩‍💻") == "می‌خواهم 👩‍💻"
