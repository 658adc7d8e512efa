"""Scores as text and as bars."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from jingpai.cli.terminal.bars import BAR_CELLS, SCORE_CELLS, bar, score_text


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, ""), (1.0, "█" * 8), (0.5, "█" * 4), (1 / 16, "▌"), (0.001, ""), (0.9999, "█" * 8)],
)
def test_a_bar_is_filled_to_an_eighth_of_a_cell(share, expected):
    assert bar(share) == expected.ljust(BAR_CELLS)
    assert cell_len(bar(share)) == BAR_CELLS


@pytest.mark.parametrize("logit", [-1e6, -800.0, -88.0, -0.0, 3.25, 800.0, 1e6])
def test_any_logit_has_a_bar(logit):
    assert score_text(logit, scale="logit").plain


def test_usual_scores_fit_their_column():
    assert score_text(0.12345, scale="sigmoid").plain == "0.1235 █" + " " * 7
    assert len(score_text(-11.03, scale="logit").plain) == SCORE_CELLS
