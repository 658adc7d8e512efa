"""The arguments of sentence-transformers' `CrossEncoder`, by their old and their new names."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from jingpai.compat import CrossEncoder
from jingpai.errors import DownloadFailed, InvalidInput

PAIRS = [("what is a panda?", "a bear"), ("what is a panda?", "bamboo " * 60)]


@pytest.fixture(scope="module")
def expected(tiny_folder) -> Any:
    return CrossEncoder(tiny_folder).predict(PAIRS).tolist()


@pytest.mark.parametrize(
    "settings",
    [
        {"revision": "main"},
        {"token": "hf_secret", "local_files_only": True, "trust_remote_code": True},
        {"model_kwargs": {"torch_dtype": "auto", "attn_implementation": "eager"}},
        {"model_kwargs": {"dtype": "torch.float32"}},
        {"model_kwargs": {"device_map": "cpu"}, "device": "cuda:7"},
        {"processor_kwargs": {"use_fast": True, "padding_side": "right"}},
        {"config_kwargs": {"num_labels": 1, "classifier_dropout": 0.5}},
    ],
    ids=str,
)
def test_what_decides_no_score_is_taken_and_changes_none(tiny_folder, expected, settings):
    assert CrossEncoder(tiny_folder, **settings).predict(PAIRS).tolist() == expected


@pytest.mark.parametrize(
    ("old", "value"),
    [
        ("automodel_args", {"torch_dtype": "float32"}),
        ("tokenizer_args", {"model_max_length": 130}),
        ("tokenizer_kwargs", {"model_max_length": 130}),
        ("config_args", {"num_labels": 1}),
    ],
)
def test_old_names_warn_and_mean_the_same(tiny_folder, expected, old, value):
    with pytest.warns(FutureWarning, match=f"{old} is deprecated; write "):
        model = CrossEncoder(tiny_folder, **{old: value})
    assert model.predict(PAIRS).tolist() == expected


def test_the_tokenizer_s_limit_is_the_limit(tiny_folder):
    limited = CrossEncoder(tiny_folder, processor_kwargs={"model_max_length": 40})
    same = CrossEncoder(tiny_folder, max_length=40).predict(PAIRS).tolist()
    assert limited.predict(PAIRS).tolist() == same


def test_old_arguments_of_the_calls_warn_too(tiny_folder, expected):
    model = CrossEncoder(tiny_folder)
    with pytest.warns(FutureWarning, match="sentences is deprecated; write inputs"):
        assert model.predict(sentences=PAIRS).tolist() == expected
    with pytest.warns(FutureWarning, match="num_workers is deprecated and has no effect"):
        assert model.predict(PAIRS, num_workers=0).tolist() == expected
    with pytest.warns(FutureWarning, match="convert_to_tensor is deprecated and has no effect"):
        assert len(model.rank("hi", ["a", "b"], convert_to_tensor=False)) == 2


@pytest.mark.torch
def test_an_activation_may_come_under_its_old_names(tiny_folder):
    torch = pytest.importorskip("torch")
    with pytest.warns(FutureWarning, match="default_activation_function"):
        model = CrossEncoder(tiny_folder, default_activation_function=torch.nn.Identity())
    with pytest.warns(FutureWarning, match="activation_fct"):
        scores = model.predict(PAIRS, activation_fct=torch.nn.Sigmoid())
    np.testing.assert_allclose(scores, CrossEncoder(tiny_folder).predict(PAIRS), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model_kwargs": {"load_in_8bit": True}}, r"model_kwargs: 'load_in_8bit' may change"),
        ({"model_kwargs": {"torch_dtype": "int4"}}, r"torch_dtype='int4'; allowed are float32"),
        ({"model_kwargs": {"device_map": {"": 0}}}, "a model runs on one device"),
        ({"processor_kwargs": {"truncation_side": "left"}}, "'truncation_side' may change"),
        ({"config_kwargs": {"num_hidden_layers": 2}}, "'num_hidden_layers' may change"),
        ({"config_kwargs": {"num_labels": 3}}, "num_labels: got 3"),
        ({"max_length": 0}, "max_length"),
    ],
    ids=str,
)
def test_what_would_change_scores_and_cannot_is_refused(tiny_folder, settings, said):
    with pytest.raises(InvalidInput, match=said):
        CrossEncoder(tiny_folder, **settings)


def test_a_cache_folder_is_where_repositories_are_looked_for(tiny_folder, tmp_path, expected):
    commit = "0" * 40
    repository = tmp_path / "models--acme--reranker"
    shutil.copytree(tiny_folder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit, "utf-8")
    model = CrossEncoder("acme/reranker", cache_folder=tmp_path, local_files_only=True)
    assert model.predict(PAIRS).tolist() == expected
    with pytest.warns(FutureWarning, match="cache_dir is deprecated; write cache_folder"):
        CrossEncoder("acme/reranker", cache_dir=str(tmp_path), local_files_only=True)


def test_nothing_is_fetched_where_only_local_files_are_allowed(tmp_path):
    with pytest.raises(
        DownloadFailed, match=r"local_files_only: acme/reranker is not on this disk"
    ):
        CrossEncoder("acme/reranker", cache_folder=tmp_path, local_files_only=True)
