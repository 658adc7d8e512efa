"""The signature of sentence-transformers; tests/integrations/originals holds it against that."""

from __future__ import annotations

import json
import math
import shutil
import sys

import numpy as np
import pytest
from support.tiny_models import write_tiny_bert

from jingpai import Reranker
from jingpai.compat import CrossEncoder
from jingpai.errors import (
    InputTooLong,
    InvalidInput,
    MissingExtra,
    ModelFilesInvalid,
    ModelNotFound,
)

QUERY = "天空为什么是蓝色的?"
DOCUMENTS = ["鱼会游泳。", "蓝光散射得最多。", "鱼会游泳。"]
PAIRS = [(QUERY, document) for document in DOCUMENTS]


@pytest.fixture(scope="module")
def model() -> CrossEncoder:
    return CrossEncoder("jingpai-small")


@pytest.fixture(scope="module")
def exact(tiny_folder) -> Reranker:
    return Reranker(
        tiny_folder, precision="fp32", scale="logit", long_documents="truncate", clean=False
    )


def test_scores_are_a_float32_array_in_input_order(model):
    scores = model.predict([*PAIRS, ("What do fish do?", DOCUMENTS[0]), PAIRS[1]])
    assert scores.dtype == np.float32
    assert scores[1] == scores[4] > scores[0] == scores[2]
    assert scores == pytest.approx(
        [
            *Reranker(clean=False).score(QUERY, DOCUMENTS),
            *Reranker(clean=False).score("What do fish do?", DOCUMENTS[:1]),
            scores[1],
        ]
    )


@pytest.mark.parametrize("pair", [PAIRS[1], list(PAIRS[1]), np.array(PAIRS[1])], ids=type)
def test_a_single_pair_gives_a_single_score(model, pair):
    assert model.predict(pair) == model.predict(PAIRS)[1]


@pytest.mark.parametrize("pairs", [PAIRS, np.array(PAIRS), tuple(PAIRS)], ids=type)
def test_pairs_may_stand_in_any_kind_of_list(model, pairs):
    assert model.predict(pairs).tolist() == model.predict(PAIRS).tolist()


def test_no_pairs_give_no_scores(model):
    assert model.predict([]).shape == (0,)
    assert model.rank(QUERY, []) == []


def test_ranks_are_sorted_and_equals_keep_their_order(model):
    ranks = model.rank(QUERY, DOCUMENTS)
    assert [rank["corpus_id"] for rank in ranks] == [1, 0, 2]
    assert ranks[0].keys() == {"corpus_id", "score"}
    assert [rank["score"] for rank in ranks] == pytest.approx(model.predict(PAIRS)[[1, 0, 2]])


def test_ranks_are_cut_and_bring_their_texts_where_asked(model):
    (best,) = model.rank(QUERY, DOCUMENTS, 1, True)
    assert (best["corpus_id"], best["text"]) == (1, DOCUMENTS[1])


def test_a_checkpoint_is_scored_in_float32_its_text_cut_and_not_cleaned(tiny_folder, exact):
    pairs = [("what is a panda?", text) for text in ("<b>a bear</b>", "bamboo " * 60)]
    (logits,) = exact.score(["what is a panda?"], [[text for _, text in pairs]])
    scores = CrossEncoder(tiny_folder).predict(pairs)
    assert scores == pytest.approx(1 / (1 + np.exp(-np.array(logits))), abs=1e-6)


def test_it_reads_as_a_reranker_does_where_asked(tiny_folder):
    text = "<b>bamboo</b> " * 60
    model = CrossEncoder(
        tiny_folder, precision="auto", long_documents="passages", clean=True, max_length=64
    )
    same = Reranker(tiny_folder, max_tokens=64).score("what is a panda?", [text])
    assert model.predict([("what is a panda?", text)]) == pytest.approx(same)


@pytest.mark.parametrize(
    "saved",
    [
        {"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}},
        {"sbert_ce_default_activation_function": "torch.nn.modules.linear.Identity"},
    ],
    ids=["since 4.0", "before"],
)
def test_a_model_saved_without_the_logistic_gives_logits(tiny_folder, exact, tmp_path, saved):
    folder = with_config(tiny_folder, tmp_path / "identity", saved)
    scores = CrossEncoder(folder).predict([("hi", "a bear")])
    assert scores == pytest.approx(exact.score("hi", ["a bear"]), abs=1e-6)


def test_an_activation_that_is_not_known_is_named(tiny_folder, tmp_path):
    saved = {"sentence_transformers": {"activation_fn": "torch.nn.modules.activation.Tanh"}}
    with pytest.raises(ModelFilesInvalid, match=r"activation\.Tanh.*activation_fn="):
        CrossEncoder(with_config(tiny_folder, tmp_path / "tanh", saved))


@pytest.mark.torch
def test_an_activation_of_the_call_takes_the_place_of_the_model_s(tiny_folder, exact):
    torch = pytest.importorskip("torch")
    pairs = [("hi", "a bear"), ("hi", "bamboo")]
    logits = exact.score("hi", ["a bear", "bamboo"])
    model = CrossEncoder(tiny_folder)
    assert model.predict(pairs, activation_fn=torch.nn.Identity()) == pytest.approx(logits)
    assert CrossEncoder(tiny_folder, activation_fn=torch.tanh).predict(pairs) == pytest.approx(
        np.tanh(logits)
    )
    negated = model.rank("hi", ["a bear", "bamboo"], activation_fn=torch.neg)
    assert [rank["score"] for rank in negated] == pytest.approx(sorted(-np.array(logits))[::-1])


@pytest.mark.torch
def test_scores_are_tensors_where_asked(model):
    torch = pytest.importorskip("torch")
    tensor = model.predict(PAIRS, convert_to_tensor=True)
    assert torch.equal(tensor, torch.from_numpy(model.predict(PAIRS)))
    assert torch.equal(torch.stack(model.predict(PAIRS, convert_to_numpy=False)), tensor)
    assert torch.equal(model.predict(PAIRS[0], convert_to_tensor=True), tensor[0])


def test_tensors_without_pytorch_are_refused_with_the_command_that_installs_it(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(MissingExtra, match=r'convert_to_tensor.*pip install "jingpai\[torch\]"'):
        model.predict(PAIRS, convert_to_tensor=True)
    with pytest.raises(MissingExtra, match="activation_fn"):
        model.predict(PAIRS, activation_fn=abs)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([PAIRS[0], ("a", "b", "c")], r"inputs\[1\]: got \('a', 'b', 'c'\)"),
        ([("a", None)], r"inputs\[0\]: got \('a', None\)"),
        ([("a", math.nan)], r"inputs\[0\]: got \('a', nan\).*drop it"),
        ([(None, "b")], r"inputs\[0\]\[0\] is None"),
        ([{"a", "b"}], r"inputs\[0\]: got {'"),
        ("a pair", "inputs: got str, but a list is needed"),
        (None, "inputs: got NoneType, but a list is needed"),
    ],
)
def test_what_is_no_pair_is_named(model, inputs, message):
    with pytest.raises(InvalidInput, match=message):
        model.predict(inputs)


def test_a_table_is_no_list_of_pairs_and_no_list_of_documents(model):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(PAIRS, columns=["query", "text"])
    expected = model.predict(PAIRS).tolist()
    assert model.predict(list(zip(table["query"], table["text"], strict=True))).tolist() == expected
    assert model.predict(table.to_numpy()).tolist() == expected
    with pytest.raises(InvalidInput, match=r"'query', 'text'.*list\(zip\("):
        model.predict(table)
    assert model.rank(QUERY, table["text"]) == model.rank(QUERY, DOCUMENTS)
    with pytest.raises(InvalidInput, match=r"documents\['text'\]"):
        model.rank(QUERY, table)


def test_an_empty_query_and_one_over_the_limit_are_answered(tiny_folder):
    model = CrossEncoder(tiny_folder, max_length=64)
    pairs = [("", "a bear"), ("panda " * 60, "a bear"), ("panda " * 60, "bamboo")]
    assert np.unique(model.predict(pairs)).size == 3
    assert len(model.rank("panda " * 60, ["a bear", "bamboo"])) == 2


def test_a_reranker_that_splits_documents_cuts_no_query(tiny_folder):
    model = CrossEncoder(tiny_folder, max_length=64, long_documents="passages")
    with pytest.raises(InputTooLong):
        model.predict([("panda " * 60, "a bear")])


def test_a_limit_over_the_model_s_is_the_model_s(tiny_folder):
    pairs = [("hi", "bamboo " * 60)]
    assert CrossEncoder(tiny_folder, max_length=512).predict(pairs) == pytest.approx(
        CrossEncoder(tiny_folder).predict(pairs)
    )


def test_models_that_are_not_there_or_rank_nothing_are_refused(tmp_path):
    with pytest.raises(ModelNotFound, match="no-such-model"):
        CrossEncoder("no-such-model")
    with pytest.raises(InvalidInput, match="num_labels"):
        CrossEncoder("jingpai-small", num_labels=3)
    with pytest.raises(InvalidInput, match=r"two labels.*jingpai\.Reranker"):
        CrossEncoder(write_tiny_bert(tmp_path, labels=2))


def with_config(folder, copied, settings):
    shutil.copytree(folder, copied)
    config = json.loads((copied / "config.json").read_text("utf-8")) | settings
    (copied / "config.json").write_text(json.dumps(config), "utf-8")
    return copied
