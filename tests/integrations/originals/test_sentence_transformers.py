"""The same calls to the original and to jingpai.compat: the same shapes, the same scores."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder as Original

from jingpai.compat import CrossEncoder

PAIRS = [
    ("what is a panda?", "a bear"),
    ("what is a panda?", "大人 在 上海"),
    ("hi", "the train leaves at noon"),
    ("what is a panda?", "x" * 300),  # over the limit: cut
]
LONG_QUERIES = [("q" * 90, "a bear"), ("q" * 300, "x" * 300), ("q" * 70, "x" * 70), ("", "bear")]
CALLS = {
    "pairs": {"inputs": PAIRS},
    "lists": {"inputs": [list(pair) for pair in PAIRS]},
    "an array": {"inputs": np.array(PAIRS)},
    "one pair": {"inputs": PAIRS[0]},
    "one pair in an array": {"inputs": np.array(PAIRS[0])},
    "nothing": {"inputs": []},
    "a tensor": {"inputs": PAIRS, "convert_to_tensor": True},
    "one tensor": {"inputs": PAIRS[0], "convert_to_tensor": True},
    "a list of tensors": {"inputs": PAIRS, "convert_to_numpy": False},
    "logits": {"inputs": PAIRS, "activation_fn": torch.nn.Identity()},
    "long queries, and an empty one": {"inputs": LONG_QUERIES},
    "ignored settings": {
        "inputs": PAIRS,
        "batch_size": 2,
        "show_progress_bar": False,
        "apply_softmax": True,
    },
}


@pytest.fixture(scope="module")
def both(folder):
    return Original(str(folder), device="cpu"), CrossEncoder(str(folder), device="cpu")


def numbers(scores: np.ndarray | torch.Tensor | list[torch.Tensor]) -> list[float] | float:
    return [score.item() for score in scores] if isinstance(scores, list) else scores.tolist()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_predict_gives_what_the_original_gives(both, call):
    theirs, ours = (model.predict(**call) for model in both)
    assert type(ours) is type(theirs)
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(numbers(ours), numbers(theirs), atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [{}, {"top_k": 2}, {"return_documents": True}, {"activation_fn": torch.nn.Identity()}],
    ids=str,
)
def test_rank_gives_what_the_original_gives(both, settings):
    documents = [document for _, document in PAIRS] * 2  # equals among them
    theirs, ours = (model.rank("what is a panda?", documents, **settings) for model in both)
    assert [one.keys() for one in ours] == [one.keys() for one in theirs]
    scores = [[one.pop("score") for one in found] for found in (ours, theirs)]
    assert ours == theirs
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    assert {type(score) for score in scores[0]} == {float}


def test_a_shorter_limit_cuts_as_the_original_does(folder):
    theirs, ours = (model(str(folder), max_length=40) for model in (Original, CrossEncoder))
    np.testing.assert_allclose(ours.predict(PAIRS), theirs.predict(PAIRS), atol=1e-5)


@pytest.mark.parametrize("name", ["Identity", "Sigmoid"])
def test_the_activation_that_the_model_was_saved_with_is_taken(folder, tmp_path, name):
    activation = getattr(torch.nn, name)()
    Original(str(folder), activation_fn=activation).save_pretrained(
        str(tmp_path), create_model_card=False
    )
    theirs, ours = (model(str(tmp_path)) for model in (Original, CrossEncoder))
    np.testing.assert_allclose(ours.predict(PAIRS), theirs.predict(PAIRS), atol=1e-5)


@pytest.mark.parametrize("key", ["sentence_transformers", "sbert_ce_default_activation_function"])
def test_so_is_the_one_that_older_versions_saved(folder, tmp_path, key):
    path = "torch.nn.modules.linear.Identity"
    copied = shutil.copytree(folder, tmp_path / "old")
    config = json.loads((copied / "config.json").read_text("utf-8"))
    config[key] = {"activation_fn": path} if key == "sentence_transformers" else path
    (copied / "config.json").write_text(json.dumps(config), "utf-8")
    theirs, ours = (model(str(copied)) for model in (Original, CrossEncoder))
    np.testing.assert_allclose(ours.predict(PAIRS), theirs.predict(PAIRS), atol=1e-5)
    assert (
        ours.predict(PAIRS).tolist()
        == ours.predict(PAIRS, activation_fn=torch.nn.Identity()).tolist()
    )


def test_the_page_runs(run_page):
    scores, best = run_page("sentence-transformers")
    assert scores.startswith("[0.")
    assert best.startswith("1 0.")
