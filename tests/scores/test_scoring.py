from __future__ import annotations

import json
import math

import numpy as np
import pytest

from jingpai.scores import scoring


def logits(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_a_single_logit_is_taken_as_it_is():
    assert scoring.relevance(logits(1.5, -2.0)[:, None], head="single").tolist() == [1.5, -2.0]


def test_two_classes_become_one_logit_whose_logistic_is_their_softmax():
    raw = np.array([[0.5, 2.0], [3.0, -1.0]], dtype=np.float32)
    softmax = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    scores = scoring.to_scale(scoring.relevance(raw, head="two_class"), "sigmoid")
    assert scores == pytest.approx(softmax[:, 1].tolist())


def test_a_document_takes_its_best_passage_and_the_first_of_equals():
    best, of_documents = scoring.best_passages(logits(1, 5, 5, 2, -3, -1), [3, 1, 2])
    assert best == [1, 0, 1]
    assert of_documents.tolist() == [5, 2, -1]


def test_a_document_with_a_passage_without_number_has_none():
    _, of_documents = scoring.best_passages(logits(1, math.nan, 3), [2, 1])
    assert math.isnan(of_documents[0])
    assert of_documents[1] == 3


def test_no_documents_have_no_best_passages():
    best, of_documents = scoring.best_passages(logits(), [])
    assert best == []
    assert of_documents.tolist() == []


def test_equals_keep_the_order_they_came_in():
    assert scoring.order(logits(1, 3, 1, 3, 2)) == [1, 3, 4, 0, 2]


def test_the_order_is_decided_on_logits_that_saturate_as_scores():
    values = logits(40.0, 41.0)
    assert scoring.to_scale(values, "sigmoid") == [1.0, 1.0]
    assert scoring.order(values) == [1, 0]


def test_scores_are_plain_floats_in_range_without_overflow():
    scores = scoring.to_scale(logits(-1000, -5.65234375, 0, 1000), "sigmoid")
    assert scores == pytest.approx([0.0, 0.003497010252573502, 0.5, 1.0])
    assert all(type(score) is float for score in scores)
    assert json.loads(json.dumps(scores)) == scores


def test_the_logit_scale_is_the_logit():
    assert scoring.to_scale(logits(-2.5, 7.25), "logit") == [-2.5, 7.25]


def test_what_has_no_logit_has_no_score_on_any_scale():
    for scale in ("sigmoid", "logit"):
        missing, score = scoring.to_scale(logits(math.nan, 0.5), scale)
        assert math.isnan(missing)
        assert math.isfinite(score)
