"""How a model is loaded: checked once, wherever the settings come from."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from jingpai.batch.settings import BatchSettings
from jingpai.bench.report import BenchSettings
from jingpai.errors import InvalidInput
from jingpai.reranker import Reranker
from jingpai.server.settings import ServerSettings
from jingpai.settings import ModelSettings, options_of
from jingpai.training.settings import TrainSettings

REFUSED = [
    ({"precision": "fp8"}, "precision: got 'fp8'; allowed are 'auto', 'fp32', 'fp16', 'bf16' and"),
    ({"precision": 8}, "precision: got 8"),
    ({"long_documents": "cut"}, "long_documents: got 'cut'; allowed are 'passages' and 'truncate'"),
    ({"threads": 0}, "threads: got 0; allowed are None and whole numbers from 1"),
    ({"threads": True}, "threads: got True"),
    ({"batch_tokens": 1.5}, "batch_tokens: got 1.5"),
    ({"max_tokens": "8"}, "max_tokens: got '8'"),
    ({"layer": -1}, "layer: got -1"),
    ({"device": 1}, "device: got 1; allowed are None and cpu, cuda, cuda:1 and mps"),
    ({"device": ""}, "device: got ''"),
    ({"instruction": " "}, "instruction: got ' '; allowed are None and a text"),
    ({"clean": "no"}, "clean: got 'no'; allowed are True and False"),
]


TOO_LARGE = [
    (
        ModelSettings,
        {"threads": 1025},
        "threads: got 1025; allowed are None and whole numbers from",
    ),
    (BatchSettings, {"shard_rows": 2**63}, "shard_rows: got 9223372036854775808; allowed"),
    (BenchSettings, {"threads": 10**9}, "threads: got 1000000000; "),
    (ServerSettings, {"threads": 2**64}, "threads: got "),
    (
        ServerSettings,
        {"workers": 10**6},
        "workers: got 1000000; allowed are whole",
    ),
    (
        ServerSettings,
        {"port": 65536},
        "port: got 65536; allowed are whole",
    ),
    (ServerSettings, {"max_body": 0}, "max_body: got 0; allowed are whole numbers from 1."),
    (ServerSettings, {"request_timeout": float("nan")}, "request_timeout: got nan; "),
    (ServerSettings, {"drain_timeout": float("inf")}, "drain_timeout: got inf; "),
    (ServerSettings, {"body_timeout": 1e300}, "numbers from 0.001 to 31,536,000."),
    (ServerSettings, {"stall_timeout": "5"}, "stall_timeout: got '5'; "),
    (
        TrainSettings,
        {"seed": 2**32},
        "seed: got 4294967296; allowed",
    ),
]


@pytest.mark.parametrize(("kind", "given", "message"), TOO_LARGE)
def test_a_number_that_the_system_cannot_count_is_refused(kind, given, message):
    with pytest.raises(InvalidInput) as error:
        kind(**given)
    assert message in str(error.value)


def test_more_threads_than_processors_are_no_more_threads(tiny_folder):
    with Reranker(tiny_folder, threads=1024) as many, Reranker(tiny_folder, threads=1) as one:
        assert many.score("a", ["b"]) == pytest.approx(one.score("a", ["b"]))


@pytest.mark.parametrize("kind", [ModelSettings, BatchSettings, BenchSettings, ServerSettings])
@pytest.mark.parametrize(("given", "message"), REFUSED)
def test_every_set_of_settings_refuses_what_no_model_can_be_loaded_with(kind, given, message):
    with pytest.raises(InvalidInput) as error:
        kind(**given)
    assert message in str(error.value)


def test_a_reranker_refuses_it_too():
    with pytest.raises(InvalidInput, match="threads: got 0"):
        Reranker(threads=0)


def test_whole_numbers_of_numpy_are_whole_numbers():
    assert ModelSettings(threads=cast("int", np.int64(2))).threads == 2


def test_larger_sets_of_settings_hold_all_that_decides_how_a_model_is_loaded():
    names = {field.name for field, _ in options_of(ModelSettings)}
    assert names == set(ModelSettings().by_name())
    for kind in (BatchSettings, BenchSettings, ServerSettings):
        assert kind().by_name() == ModelSettings().by_name()


def test_settings_that_travel_whole_load_the_same_model_as_arguments_one_by_one(tiny_folder):
    settings = ModelSettings(max_tokens=64, long_documents="truncate", clean=False)
    with (
        Reranker.of(tiny_folder, settings, scale="logit") as one,
        Reranker(
            tiny_folder, max_tokens=64, long_documents="truncate", clean=False, scale="logit"
        ) as other,
    ):
        texts = ["<b>panda</b>", "bear " * 100]
        assert one.score("panda", texts) == other.score("panda", texts)
