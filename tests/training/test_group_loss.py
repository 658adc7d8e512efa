"""The loss of a group, against its definition written out."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch")

import torch

from jingpai.training.loss import POINTWISE, group_loss

NOTHING = [math.nan] * 4


def loss(logits, grades, teacher=NOTHING):
    return group_loss(
        torch.tensor(logits, dtype=torch.float64),
        torch.tensor(grades, dtype=torch.float64),
        torch.tensor(teacher[: len(logits)], dtype=torch.float64),
    ).item()


def softplus(x):
    return math.log1p(math.exp(x))


def test_one_answer_competes_with_the_documents_that_do_not_answer():
    logits = [2.0, -1.0, 0.5]
    order = -math.log(math.exp(2) / sum(map(math.exp, logits)))
    each = 0.5 * (softplus(-2) + (softplus(-1) + softplus(0.5)) / 2)
    assert loss(logits, [1, 0, 0]) == pytest.approx(order + POINTWISE * each)


def test_two_answers_do_not_compete_with_each_other():
    logits = [2.0, 5.0, 0.5]
    order = sum(-math.log(math.exp(x) / (math.exp(x) + math.exp(0.5))) for x in (2.0, 5.0)) / 2
    each = 0.5 * ((softplus(-2) + softplus(-5)) / 2 + softplus(0.5))
    assert loss(logits, [1, 1, 0]) == pytest.approx(order + POINTWISE * each)


def test_a_better_answer_competes_with_a_worse_one_and_weighs_more():
    logits = [1.0, 2.0, 0.0]
    best = -math.log(math.exp(1) / sum(map(math.exp, logits)))
    worse = -math.log(math.exp(2) / (math.exp(2) + 1))
    each = 0.5 * ((softplus(-1) + softplus(-2)) / 2 + softplus(0))
    expected = 2 / 3 * best + 1 / 3 * worse + POINTWISE * each
    assert loss(logits, [2, 1, 0]) == pytest.approx(expected)


def test_a_teacher_adds_the_cross_entropy_with_its_distribution_where_it_has_spoken():
    logits, teacher = [2.0, -1.0, 0.5], [3.0, math.nan, 1.0]
    target = math.exp(3) / (math.exp(3) + math.e)
    own = math.exp(2) / (math.exp(2) + math.exp(0.5))
    extra = -target * math.log(own) - (1 - target) * math.log(1 - own)
    assert loss(logits, [1, 0, 0], teacher) == pytest.approx(loss(logits, [1, 0, 0]) + extra)


def test_a_right_order_costs_less_than_a_wrong_one():
    assert loss([3.0, -3.0], [1, 0]) < loss([0.0, 0.0], [1, 0]) < loss([-3.0, 3.0], [1, 0])
