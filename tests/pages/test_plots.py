"""Plots: SVG that stands in a page, in both themes and languages."""

from __future__ import annotations

import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from jingpai.evaluation.statistics import Mean
from jingpai.pages.plots import gains_plot, latency_plot, means_plot, reliability_plot, scores_plot

MEAN = Mean(0.5, 0.4, 0.6)


def all_plots() -> list[str]:
    return [
        means_plot({"before": [MEAN], "after": [MEAN]}, ["MAP"]),
        gains_plot(np.array([0.5, 0.0, -0.5]), measure="MAP"),
        scores_plot({"0": [0.1, 0.2], "1": [0.3, 0.4]}),
        latency_plot([0.1, 0.2]),
        reliability_plot([0.1, 0.9], [0.2, 0.8], name="scores"),
    ]


def test_a_plot_has_no_paper_and_no_ink_of_its_own():
    for svg in all_plots():
        assert svg.startswith("<svg")
        assert "currentColor" in svg
        assert "#000000" not in svg
        assert "#ffffff" not in svg


def test_the_same_picture_is_the_same_text():
    assert all_plots() == all_plots()


def test_labels_are_in_the_users_language(monkeypatch):
    monkeypatch.setenv("JINGPAI_LANG", "zh")
    assert "每个查询的毫秒数" in latency_plot([0.1])
    monkeypatch.setenv("JINGPAI_LANG", "en")
    assert "ms a query" in latency_plot([0.1])


def test_a_name_is_neither_markup_nor_a_formula():
    svg = means_plot({"<b>$x$ & $\\frac{1}$": [MEAN]}, ["MAP"])
    assert "&lt;b&gt;$x$ &amp; $\\frac{1}$" in svg
    assert not re.search(r"<b\b", svg)
