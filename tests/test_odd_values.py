"""Values that nobody hands in on purpose: an error shows them in a line, whatever they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from jingpai import Cascade, InvalidInput, Reranker, ScoreCache
from jingpai.compat import CrossEncoder
from jingpai.distributed.arguments import read_settings
from jingpai.guards import check_all_whole, check_choice, check_path, check_whole, is_nan, shown
from jingpai.scores.calibration import Calibration
from jingpai.server.settings import ServerSettings

# Python itself refuses to write this number, and to make a float of it.
LONG = 10**5000


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        ("a", "'a'"),
        (True, "True"),
        (LONG, "a whole number of 5001 digits"),
        (-LONG, "a whole number of 5001 digits"),
        ([LONG], "a value of type list"),
        (object(), "<object object>"),
        (nested(100_000), "a value of type list"),
        ("x" * 500, f"'{'x' * 75} ..."),
        (np.zeros((2, 2)), "array([[0., 0.], [0., 0.]])"),
    ],
    ids=shown,
)
def test_a_value_is_shown_in_a_line(value, text):
    assert shown(value) == text


def test_every_check_shows_a_value_so():
    for check in (
        lambda: check_whole("n", -LONG),
        lambda: check_all_whole("n", [LONG, -1]),
        lambda: check_choice("n", LONG, ("a", "b")),
        lambda: check_path("n", LONG),
    ):
        with pytest.raises(InvalidInput, match="n: got a (whole number of 5001|value of type)"):
            check()


def test_only_a_float_can_be_no_number():
    assert [is_nan(value) for value in (float("nan"), np.float32("nan"))] == [True, True]
    assert not any(map(is_nan, (LONG, 1, 0.5, float("inf"), "nan", None, True)))


@pytest.fixture(scope="module")
def reranker(tiny_folder):
    with Reranker(tiny_folder, precision="fp32") as loaded:
        yield loaded


def test_a_threshold_of_any_length_is_a_threshold(reranker):
    assert len(reranker.rank("panda", ["bear"], threshold=cast("float", LONG))) == 0
    assert len(reranker.rank("panda", ["bear"], threshold=cast("float", -LONG))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LONG, ["bear"]), "query is of type int"),
        (("panda", [LONG]), r"documents\[0\] is of type int"),
        (("panda", [{"text": LONG}]), r"documents\[0\]: 'text' is of type int"),
    ],
)
def test_a_long_number_in_place_of_a_text_is_named(reranker, arguments, message):
    with pytest.raises(InvalidInput, match=message):
        reranker.rank(*arguments)


@pytest.mark.parametrize("path", [0, b"scores.db", "a\0b", "\ud83d", "", "x" * 10**5, True])
def test_what_is_no_path_is_named(path):
    with pytest.raises(InvalidInput, match="path: got .* allowed are paths"):
        ScoreCache(path)
    with pytest.raises(InvalidInput, match="calibration: got .* allowed are paths"):
        Calibration.load(path)


def test_a_name_in_another_encoding_is_a_path():
    check_path("path", "caf\udce9.db")
    check_path("path", Path("café.db"))


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("otlp_endpoint", 0, "otlp_endpoint: got 0; allowed are None and texts"),
        ("cors_origins", None, "cors_origins: got None; allowed are tuples of texts"),
        ("models", "tiny", "models: got 'tiny'; allowed are tuples of texts"),
        ("models", (1,), r"models: got \(1,\); allowed are tuples of texts"),
        ("strict_models", "no", "strict_models: got 'no'; allowed are True and False"),
        ("host", None, "host: got None; allowed are texts"),
    ],
)
def test_a_setting_of_another_kind_is_named(setting, value, message):
    with pytest.raises(InvalidInput, match=message):
        ServerSettings(**{setting: value})


def test_a_setting_in_a_configuration_file_is_shown_in_a_line():
    with pytest.raises(InvalidInput, match="args: port is set under http_options"):
        read_settings({"no_auth": True, "port": LONG})
    with pytest.raises(InvalidInput, match="args: device: got a whole number of 5001 digits"):
        read_settings({"no_auth": True, "device": LONG})


def test_a_cascade_of_what_is_no_reranker_is_refused(reranker):
    with pytest.raises(InvalidInput, match=r"second: got 'org/name'; allowed are jingpai.Rerank"):
        Cascade(reranker, cast("Reranker", "org/name"))


@pytest.mark.parametrize("budget_s", [LONG, float("inf")], ids=shown)
def test_a_budget_without_end_is_one(reranker, budget_s):
    ranking = Cascade(reranker, reranker, budget_s=budget_s).rank("panda", ["bear"] * 9)
    assert len(ranking) == 9


@pytest.mark.parametrize("top_k", [-1, 0.0, "1", True])
def test_a_cross_encoder_cuts_at_whole_numbers(tiny_folder, top_k):
    model = CrossEncoder(str(tiny_folder))
    with pytest.raises(InvalidInput, match="top_k: got"):
        model.rank("panda", ["bear", "whale"], top_k=top_k)
    assert model.rank("panda", ["bear", "whale"], top_k=0) == []
