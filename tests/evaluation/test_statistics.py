"""Intervals and the paired test, on numbers whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("scipy")

from jingpai.evaluation.statistics import gain_of, mean_of


def test_an_interval_is_as_wide_as_the_normal_one_for_many_values():
    values = np.random.default_rng(3).normal(0.5, 0.2, 400)
    found = mean_of(values)
    half = 1.96 * values.std() / math.sqrt(400)
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(
        (found.mean - half, found.mean + half), abs=0.002
    )


def test_equal_values_have_no_width_and_a_single_one_has_no_interval():
    assert mean_of(np.ones(5)) == (1.0, 1.0, 1.0)
    assert math.isnan(mean_of(np.ones(1)).low)
    assert gain_of(np.zeros(1), np.ones(1)).p == 1.0


def test_the_chance_of_few_queries_is_the_exact_share_of_swaps():
    # 2 of the 2 ** 5 ways to swap five gains of one sign are as large as what was seen.
    found = gain_of(np.zeros(5), np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert found.p == pytest.approx(2 / 2**5)
    assert gain_of(np.ones(9), np.ones(9)).p == 1.0


def test_a_test_without_a_difference_is_rarely_sure_of_one():
    random = np.random.default_rng(0)
    sure = [gain_of(random.random(30), random.random(30)).p < 0.05 for _ in range(40)]
    assert sum(sure) <= 6
