"""The set that shows what fine-tuning brings, and the run on it."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasets")
pytest.importorskip("accelerate")
pytest.importorskip("ir_measures")


from jingpai.training.run import Order, train

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "training" / "support_set.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("support")
    runpy.run_path(str(SCRIPT))["write"](folder)
    return folder


def pairs_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_set_is_the_same_each_time(folder, tmp_path):
    runpy.run_path(str(SCRIPT))["write"](tmp_path)
    for name in ("train.csv", "test.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_it_has_two_thousand_pairs_with_one_answer_in_five(folder):
    pairs = pairs_of(folder / "train.csv")
    assert len(pairs) == 2000
    assert sum(pair["label"] == "1" for pair in pairs) == 400
    assert len(pairs_of(folder / "test.csv")) == 750


def test_the_parts_share_no_question_no_machine_and_no_passage(folder):
    train_pairs, test_pairs = (pairs_of(folder / name) for name in ("train.csv", "test.csv"))
    stems = {"Korv", "Tal", "Mirra", "Osk", "Velt", "Brin", "Quor", "Sanda"}
    assert all(any(stem in pair["query"] for stem in stems) for pair in train_pairs)
    assert not any(stem in pair["query"] for pair in test_pairs for stem in stems)
    for name in ("query", "document"):
        assert not {pair[name] for pair in train_pairs} & {pair[name] for pair in test_pairs}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_thousand_pairs_teach_the_bundled_model_the_field(folder, tmp_path):
    test = folder / "test.csv"
    outcome = train(Order(folder / "train.csv", tmp_path / "tuned", test=test))
    before, after = outcome.means("nDCG@10")
    assert before.mean < 0.8
    assert after.mean > 0.86
    assert outcome.gain("nDCG@10").low > 0.05
    assert outcome.gain("nDCG@10").p < 0.001
