"""Against sentence-transformers itself: what is cut, and what is answered."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.tiny_models import write_tiny_bert, write_tiny_xlm_roberta

from jingpai.compat import CrossEncoder

pytestmark = pytest.mark.torch

SHORT, LONG = "what is a panda?", "panda " * 40
QUERIES = {
    "a short query": SHORT,
    "half of the room": "q" * 30,
    "an odd token over half": "q" * 31,
    "longer than a passage": "q" * 50,
    "over the limit": LONG,
    "far over the limit": "q" * 5000,
    "an empty query": "",
    "white space": "  \n",
}
PASSAGES = [
    "a bear",
    "x" * 20,
    "x" * 29,
    "x" * 30,
    "x" * 31,
    "x" * 50,
    "bamboo " * 60,
    "",
    "y" * 9000,
]
SPECIAL = {
    "xlm-roberta": {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
    },
    "bert": {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
    },
}
WRITERS = {"xlm-roberta": write_tiny_xlm_roberta, "bert": write_tiny_bert}


@pytest.fixture(scope="module", params=[("xlm-roberta", 64), ("bert", 64), ("bert", 41)], ids=str)
def both(request, tmp_path_factory):
    original = pytest.importorskip("sentence_transformers").CrossEncoder
    kind, limit = request.param
    folder = WRITERS[kind](tmp_path_factory.mktemp(kind))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 128,
        **SPECIAL[kind],
    }
    if kind == "bert":  # BERT's own segments, which a plain tokenizer does not ask for
        settings["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return tuple(
        model(str(folder), device="cpu", max_length=limit) for model in (original, CrossEncoder)
    )


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_the_longer_of_the_two_is_cut_as_there(both, query):
    pairs = [(query, passage) for passage in PASSAGES]
    theirs, ours = (model.predict(pairs) for model in both)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_ranks_by_a_long_query_are_those_of_the_original(both):
    theirs, ours = (model.rank(LONG, PASSAGES) for model in both)
    assert [rank["corpus_id"] for rank in ours] == [rank["corpus_id"] for rank in theirs]
