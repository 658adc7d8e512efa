"""What is too bad to go on, and what a check measures."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasets")
pytest.importorskip("accelerate")
pytest.importorskip("ir_measures")

from support.tiny_field import groups_of, write_field
from support.tiny_models import write_tiny_xlm_roberta

from jingpai import Reranker
from jingpai.errors import TrainingStopped
from jingpai.evaluation.measures import measure
from jingpai.training.checks import Check, Guard, HeldOut, refuse_if_broken
from jingpai.training.examples import make_examples
from jingpai.training.networks.network import RerankerNetwork
from jingpai.training.trainer import Trainee

PARENT = Check(0, quality=0.7, spread=2.0, by_query=(0.5, 0.9) * 20)


def moved(by: float, *, spread: float = 2.0, queries: int = 40) -> Check:
    """A state whose nDCG@10 is that much higher than the parent's, for so many of its queries."""
    values = tuple(one + by * (place < queries) for place, one in enumerate(PARENT.by_query))
    return Check(8, quality=sum(values) / 40, spread=spread, by_query=values)


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (moved(0.2, spread=0.1), "step 8: the scores have collapsed. Those of one query lie 0.1"),
        (moved(0.0, spread=math.nan), "step 8: the scores have collapsed"),
        (moved(-0.04), "step 8: nDCG@10 on the queries held out fell to 0.660, below .* 0.700"),
    ],
)
def test_a_broken_state_ends_training_with_the_reason(check, reason):
    with pytest.raises(TrainingStopped, match=reason):
        refuse_if_broken(check, PARENT)


@pytest.mark.parametrize(
    "check",
    [
        moved(0.1),
        moved(-0.02),  # no more than the first steps may cost
        moved(0.0, spread=0.3),
        moved(-0.9, queries=2),  # .045 below, but only by two queries
    ],
)
def test_a_sound_state_is_no_reason_to_stop(check):
    refuse_if_broken(check, PARENT)


def test_the_guard_tells_of_a_check_before_it_stops():
    seen: list[Check] = []
    held_out = HeldOut([])
    held_out.last = moved(-0.3)
    with pytest.raises(TrainingStopped):
        Guard(held_out, PARENT, on_check=seen.append).on_evaluate(None, None, None)
    assert seen == [held_out.last]


def test_a_check_is_the_ndcg_that_eval_measures(tmp_path):
    folder = write_tiny_xlm_roberta(tmp_path / "model")
    groups = groups_of(write_field(tmp_path / "a.csv", queries=20))
    with Reranker(str(folder), precision="fp32", scale="logit") as reranker:
        examples = make_examples(groups, reranker.engine)
        logits = [reranker.score(one.query, one.judged.documents) for one in groups]
    runs = [
        dict(zip(group.judged.before, own, strict=True))
        for group, own in zip(groups, logits, strict=True)
    ]
    expected = measure([group.judged.judgements for group in groups], runs)["nDCG@10"].mean()
    model = Trainee(modules=[RerankerNetwork.load(str(folder))], device="cpu")
    check = HeldOut(examples).check(model, step=0)
    assert check.quality == pytest.approx(expected)
    assert 0.3 < check.quality < 0.99
    assert check.spread == pytest.approx(np.mean([np.std(own) for own in logits]), abs=1e-4)
