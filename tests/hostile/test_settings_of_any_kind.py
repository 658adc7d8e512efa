"""Whatever a setting is given, it is taken, or refused by its name; and so with other doors."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile.values import anything, documents, hostile, result_or_error, texts

from jingpai import Cascade, JingpaiError, ModelSettings, Reranker, ScoreCache
from jingpai.batch.settings import BatchSettings
from jingpai.compat import CrossEncoder, FlagReranker
from jingpai.distributed.arguments import read_settings
from jingpai.server.settings import ServerSettings

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (ModelSettings, ServerSettings, BatchSettings)
}
NAMES = [
    (kind, field.name)
    for kind, settings in KINDS.items()
    for field in dataclasses.fields(settings)
    if field.name not in ("columns", "calibration", "scale", "model", "encoding")
]

# Words that mean something somewhere, so that more than the first check is reached.
WORDS = st.sampled_from(
    (
        *("cpu", "cuda", "cuda:9", "mps", "CPU", "cuda:", "fp32", "int8", "bf16", "auto"),
        *("passages", "truncate", "logit", "sigmoid", "calibrated", "a\x00b", "~", "~nobody/x"),
        *("org/name", "org/name@", "modelscope:org/name", "hf:x/y", "https://a/b", "bundled"),
    )
)
values = anything | WORDS


@hostile(share=0.02)
@given(which=st.sampled_from(NAMES), value=values)
def test_a_setting_is_taken_or_refused_by_its_name(which, value):
    kind, name = which
    found = result_or_error(lambda: KINDS[kind](**{name: value}))
    if isinstance(found, JingpaiError):
        assert str(found).startswith(name)


@hostile(share=0.01)
@given(
    name=st.sampled_from([field.name for field in dataclasses.fields(ServerSettings)]) | texts,
    value=values,
)
def test_a_setting_of_a_configuration_file_is_taken_or_refused_by_its_name(name, value):
    found = result_or_error(lambda: read_settings({"no_auth": True, name: value}))
    if isinstance(found, JingpaiError):
        assert "args" in str(found) or str(found).startswith(name)


RERANKER = [field.name for field in dataclasses.fields(ModelSettings)]
RERANKER += ["model", "scale", "calibration", "cache"]


@hostile(share=0.02)
@given(name=st.sampled_from(RERANKER), value=values)
@pytest.mark.filterwarnings("ignore")
def test_a_reranker_loads_or_says_which_argument_is_wrong(tiny_folder, name, value):
    arguments = {"model": tiny_folder, "precision": "fp32", "threads": 1, name: value}
    found = result_or_error(lambda: Reranker(**arguments))
    if isinstance(found, Reranker):
        with found:
            assert len(found.rank("what is a panda", ["a bear", ""])) == 2
    elif name not in ("model", "calibration"):
        assert name in str(found)


@hostile(share=0.01)
@given(name=st.sampled_from(("first", "second", "keep", "budget_s")), value=anything)
def test_a_cascade_is_made_or_says_which_argument_is_wrong(reranker: Reranker, name, value):
    arguments = {"first": reranker, "second": reranker, name: value}
    found = result_or_error(lambda: Cascade(**arguments))
    if isinstance(found, Cascade):
        assert len(found.rank("what is a panda", ["a bear", ""], top_k=1)) == 1
    else:
        assert str(found).startswith(name)


@hostile(share=0.01)
@given(name=st.sampled_from(("path", "size")), value=values)
@pytest.mark.filterwarnings("ignore")
def test_a_cache_is_made_or_says_which_argument_is_wrong(name, value):
    found = result_or_error(lambda: ScoreCache(**{name: value}))
    if isinstance(found, ScoreCache):
        found.close()


pairs = st.lists(st.tuples(texts, documents), max_size=3) | anything


@pytest.fixture(scope="module")
def originals(tiny_folder):
    return {
        "inputs": CrossEncoder(str(tiny_folder)).predict,
        "sentence_pairs": FlagReranker(str(tiny_folder)).compute_score,
    }


@hostile(share=0.01)
@given(name=st.sampled_from(("inputs", "sentence_pairs")), given=pairs)
def test_pairs_are_scored_as_by_the_originals_or_refused(originals, name, given):
    found = result_or_error(lambda: originals[name](given))
    if isinstance(found, JingpaiError):
        assert name in str(found)
    elif isinstance(given, list) and given and isinstance(given[0], tuple | list):
        assert len(found) == len(given)


@pytest.fixture(scope="module")
def cross_encoder(tiny_folder):
    return CrossEncoder(str(tiny_folder))


@hostile(share=0.01)
@given(name=st.sampled_from(("query", "documents", "top_k")), value=anything)
def test_the_rank_of_a_cross_encoder_takes_or_refuses_an_argument(cross_encoder, name, value):
    arguments = {"query": "what is a panda", "documents": ["a bear", ""], name: value}
    found = result_or_error(lambda: cross_encoder.rank(**arguments))
    if isinstance(found, JingpaiError):
        assert str(found).startswith((name, "documents"))
    else:
        places = [one["corpus_id"] for one in found]
        assert len(set(places)) == len(places)
