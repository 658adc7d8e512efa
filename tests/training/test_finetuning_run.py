"""The whole of fine-tuning, on networks that learn in seconds."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("datasets")
pytest.importorskip("accelerate")
pytest.importorskip("ir_measures")

from typing import TYPE_CHECKING

from support.tiny_field import groups_of, write_field, write_lines
from support.tiny_models import write_tiny_bert, write_tiny_two_segment, write_tiny_xlm_roberta

from jingpai import Reranker
from jingpai.errors import InvalidInput, MissingExtra, TrainingStopped
from jingpai.training.run import Order, Watcher, train
from jingpai.training.settings import TrainSettings

if TYPE_CHECKING:
    from pathlib import Path

FAST = TrainSettings(learning_rate=1e-3, epochs=3)
WRITERS = {
    "two segments": lambda folder: write_tiny_two_segment(folder, has_evidence=True),
    "BERT with two classes": lambda folder: write_tiny_bert(folder, labels=2),
    "XLM-RoBERTa": write_tiny_xlm_roberta,
}


class Interrupted(BaseException):
    """As Ctrl-C is."""


@pytest.fixture
def data(tmp_path) -> Path:
    return write_field(tmp_path / "pairs.csv", queries=120)


@pytest.fixture
def order(tmp_path, data) -> Order:
    parent = write_tiny_two_segment(tmp_path / "parent")
    return Order(data, tmp_path / "tuned", model=str(parent), settings=FAST)


def states_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_model_learns_a_field_and_is_written_with_its_card(tmp_path, data, write):
    parent = write(tmp_path / "parent")
    test = write_field(tmp_path / "test.csv", queries=40, seed=1)
    outcome = train(Order(data, tmp_path / "tuned", model=str(parent), test=test, settings=FAST))
    gain = outcome.gain("nDCG@10")
    before, after = outcome.means("nDCG@10")
    assert after.mean > max(0.9, before.mean + 0.05)
    assert gain.low > 0
    with Reranker(str(tmp_path / "tuned")) as reranker:
        first = [
            reranker.rank(group.query, group.judged.documents)[0].text.endswith("yes")
            for group in groups_of(test)
        ]
        assert reranker.engine.has_evidence == (write is WRITERS["two segments"])
    assert sum(first) > 30
    card = (tmp_path / "tuned" / "README.md").read_text(encoding="utf-8")
    assert f"| nDCG@10 | {outcome.means('nDCG@10')[0].mean:.3f} [" in card
    assert "120 queries; 96 queries to learn from, 24 to\n  steer by" in card
    assert "# tuned（中文）" in card
    facts = json.loads((tmp_path / "tuned" / "training.json").read_text(encoding="utf-8"))
    assert facts["gain"]["nDCG@10"]["mean"] == pytest.approx(gain.mean, abs=1e-6)
    assert facts["best_step"] in {check["step"] for check in facts["checks"]}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "pairs.csv",
        "parent",
        "test.csv",
        "tuned",
    ]


def test_a_single_measured_query_has_no_interval_and_the_card_is_written(tmp_path, order):
    test = write_field(tmp_path / "one.csv", queries=1, seed=1)
    slow = TrainSettings(learning_rate=1e-9, epochs=1)
    train(Order(order.data, order.output, model=order.model, test=test, settings=slow))
    facts = json.loads((order.output / "training.json").read_text(encoding="utf-8"))
    assert facts["queries"]["measured"] == 1
    assert facts["gain"]["nDCG@10"]["low"] is None
    assert "Chance alone may explain" in (order.output / "README.md").read_text(encoding="utf-8")


def test_a_trained_model_can_be_trained_again(tmp_path, order):
    train(order)
    outcome = train(
        Order(order.data, tmp_path / "again", model=str(order.output), settings=order.settings)
    )
    assert outcome.parent.name == "tuned"
    assert (tmp_path / "again" / "model.safetensors").is_file()


def test_an_absurd_rate_is_noticed_and_nothing_is_written(tmp_path, order):
    absurd = TrainSettings(learning_rate=30.0)
    with pytest.raises(TrainingStopped, match=r"collapsed|fell to|no number"):
        train(Order(order.data, order.output, model=order.model, settings=absurd))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.csv", "parent"]


def test_training_stops_when_it_no_longer_improves(order):
    checks: list[object] = []
    long = TrainSettings(learning_rate=1e-3, epochs=40)
    outcome = train(
        Order(order.data, order.output, model=order.model, settings=long),
        watcher=Watcher(check=checks.append),
    )
    assert outcome.fitted.stopped_early
    assert outcome.fitted.steps < 12 * 40 / 2
    # Four checks in a row were no better than the best.
    best = max(check.quality for check in outcome.fitted.checks)
    assert outcome.fitted.best.quality == best
    assert outcome.fitted.best == outcome.fitted.checks[-5]
    assert checks == [outcome.fitted.parent, *outcome.fitted.checks]


def test_an_interrupted_run_goes_on_to_the_same_model(tmp_path, order):
    straight = Order(order.data, tmp_path / "straight", model=order.model, settings=FAST)
    train(straight)

    def interrupt(check) -> None:
        if check.step > 12:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(order, watcher=Watcher(check=interrupt))
    assert not order.output.exists()
    with pytest.raises(InvalidInput, match=r"holds an unfinished run. Give --resume"):
        train(order)
    half = order.output.with_name("tuned.unfinished") / "states" / "checkpoint-99"
    half.mkdir()  # as when the disk was full, or the process was killed while it wrote
    later = []
    train(order, resume=True, watcher=Watcher(check=lambda check: later.append(check.step)))
    assert later[0] == 0
    assert later[1] > 9  # the steps before were not taken again
    assert states_of(order.output) == states_of(straight.output)
    assert not order.output.with_name("tuned.unfinished").exists()


def test_a_run_that_was_asked_for_something_else_is_not_gone_on_with(tmp_path, order):
    def interrupt(check) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        train(order, watcher=Watcher(check=interrupt))
    other = Order(order.data, order.output, model=order.model, settings=TrainSettings(seed=1))
    with pytest.raises(InvalidInput, match=r"--resume: .* \(settings was .*, is .*'seed': 1"):
        train(other, resume=True)
    write_field(order.data, queries=121)
    with pytest.raises(InvalidInput, match=r"--resume: .* \(data was pairs.csv .*, is pairs.csv"):
        train(order, resume=True)


def test_there_must_be_something_to_go_on_with(order):
    with pytest.raises(InvalidInput, match=r"--resume: there is no unfinished run"):
        train(order, resume=True)


def test_a_folder_that_is_there_is_never_written_over(order):
    order.output.mkdir()
    with pytest.raises(InvalidInput, match="exists already; give a folder that does not"):
        train(order)
    assert list(order.output.iterdir()) == []


def test_packages_that_are_missing_are_named_with_the_command(order, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers.base", None)
    with pytest.raises(MissingExtra, match=r'pip install "jingpai\[train\]"'):
        train(order)


def test_a_graph_alone_cannot_be_trained(tmp_path, data, broken_folder):
    graph = shutil.copytree(broken_folder, tmp_path / "graph")
    with pytest.raises(InvalidInput, match="holds a graph and no weights that can be trained"):
        train(Order(data, tmp_path / "tuned", model=str(graph)))


def test_missing_negatives_are_mined_for_every_part(tmp_path, order):
    lines = [{"query": f"query {n}", "pos": [f"document {n}"]} for n in range(40)]
    data = write_lines(tmp_path / "train.jsonl", *lines)
    # So slow that nothing is learnt, for there is nothing to learn.
    slow = TrainSettings(negatives=2, epochs=1, learning_rate=1e-9)
    outcome = train(Order(data, order.output, model=order.model, settings=slow))
    for part in outcome.parts[:3]:
        assert all(group.negatives == group.mined == 2 for group in part)
    card = (order.output / "README.md").read_text(encoding="utf-8")
    assert "80 documents that do not answer were mined from the same file" in card


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, r"epochs: got 0; allowed are whole numbers from 1"),
        ({"learning_rate": -1.0}, r"learning_rate: got -1.0; allowed are numbers above 0"),
        ({"held_out": 0.9}, r"held_out: got 0.9; allowed are shares from 0.05 to 0.5"),
        ({"negatives": 0}, r"negatives: got 0; allowed are whole numbers from 1"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(InvalidInput, match=message):
        TrainSettings(**settings)
