"""A calibration file: written, read, refused, and applied to scores."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from support.tiny_models import write_tiny_xlm_roberta

from jingpai.errors import InvalidInput
from jingpai.reranker import Reranker
from jingpai.scores.calibration import Calibration, Isotonic, Logistic
from jingpai.scores.scoring import to_scale

QUERY, DOCUMENTS = "what do pandas eat", ["bamboo", "it rains", "大熊猫以竹子为食"]


@pytest.fixture
def fingerprint(tiny_folder):
    with Reranker(tiny_folder) as reranker:
        return reranker.engine.fingerprint


def write(path, calibration):
    path.write_text(json.dumps(calibration.as_json()), encoding="utf-8")
    return path


@pytest.mark.parametrize("curve", [Logistic(2.0, -1.0), Isotonic((-1.0, 0.5), (0.1, 0.8))])
def test_a_file_holds_what_was_written(tmp_path, curve):
    calibration = Calibration("m", "f", curve, {"pairs": 3})
    assert Calibration.load(write(tmp_path / "c.json", calibration)) == calibration


def test_scores_are_those_of_the_curve_and_the_order_stays(tmp_path, tiny_folder, fingerprint):
    path = write(tmp_path / "c.json", Calibration("m", fingerprint, Logistic(0.5, -2.0)))
    with (
        Reranker(tiny_folder, scale="logit") as plain,
        Reranker(tiny_folder, calibration=path) as calibrated,
    ):
        logits = plain.rank(QUERY, DOCUMENTS)
        ranking = calibrated.rank(QUERY, DOCUMENTS)
        assert ranking.scale == "calibrated"
        assert [one.index for one in ranking] == [one.index for one in logits]
        expected = [1 / (1 + math.exp(2 - 0.5 * one.score)) for one in logits]
        assert [one.score for one in ranking] == pytest.approx(expected)
        scores = calibrated.score(QUERY, DOCUMENTS)
        assert sorted(scores, reverse=True) == [one.score for one in ranking]
        half = sorted(scores)[1]
        assert len(calibrated.rank(QUERY, DOCUMENTS, threshold=half)) == 2


def test_a_calibrated_reranker_still_gives_other_scales(tmp_path, tiny_folder, fingerprint):
    path = write(tmp_path / "c.json", Calibration("m", fingerprint, Logistic(0.5, -2.0)))
    with (
        Reranker(tiny_folder) as plain,
        Reranker(tiny_folder, scale="sigmoid", calibration=path) as other,
    ):
        assert plain.scale == other.scale == "sigmoid"
        assert plain.score(QUERY, DOCUMENTS) == other.score(QUERY, DOCUMENTS)


def test_another_model_is_refused(tmp_path, tiny_folder, fingerprint):
    calibration = Calibration("m", fingerprint, Logistic(1.0, 0.0))
    other = write_tiny_xlm_roberta(tmp_path / "other", seed=5)
    with pytest.raises(InvalidInput, match="it is for m with fingerprint .* other weights"):
        Reranker(other, calibration=calibration)
    with Reranker(tiny_folder, precision="fp32", calibration=calibration) as reranker:
        assert reranker.scale == "calibrated"  # the same weights in another number format


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "holds no calibration"),
        ("[]", "holds no calibration"),
        ("[" * 100_000, "holds no calibration .*nested too deep"),
        ('{"schema": 1}', "holds no calibration .KeyError: 'model'"),
        ('{"schema": 9}', "is of form 9, and this release reads form 1"),
        (
            json.dumps(Calibration("m", "f", Isotonic((1.0, 0.0), (0.0, 1.0))).as_json()),
            "logits must rise",
        ),
    ],
)
def test_another_file_is_refused(tmp_path, content, message):
    path = tmp_path / "c.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        Calibration.load(path)


def test_a_missing_file_and_a_scale_without_one_are_refused(tmp_path, tiny_folder):
    with pytest.raises(InvalidInput, match="no such file"):
        Reranker(tiny_folder, calibration=tmp_path / "none.json")
    with pytest.raises(InvalidInput, match="needs a calibration"):
        Reranker(tiny_folder, scale="calibrated")
    with pytest.raises(InvalidInput, match="needs a calibration"):
        to_scale(np.zeros(1, np.float32), "calibrated")


@pytest.mark.parametrize("curve", [Logistic(3.0, 1.0), Isotonic((-1.0, 2.0), (0.0, 1.0))])
def test_no_number_stays_none_and_extremes_stay_in_bounds(curve):
    calibration = Calibration("m", "f", curve)
    logits = np.array([np.nan, -1e30, 1e30], np.float32)
    scores = to_scale(logits, "calibrated", calibration=calibration)
    assert math.isnan(scores[0])
    assert scores[1:] == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", "1" + "0" * 400, '"1"', "null"])
def test_a_curve_of_what_is_no_number_is_refused(tmp_path, value):
    path = tmp_path / "c.json"
    path.write_text(
        '{"schema": 1, "model": "m", "fingerprint": "f", "method": "logistic", "facts": {},'
        f' "slope": 1.0, "intercept": {value}}}'
    )
    with pytest.raises(InvalidInput, match="holds no calibration .*is no number"):
        Calibration.load(path)
