"""The network that number formats are compared on is the bundled model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from jingpai import Reranker
from jingpai.text.fields import read_candidates

torch = pytest.importorskip("torch")
pytest.importorskip("tomllib")
pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def precision():
    """The benchmark, which is no package, with the folders that it finds its modules in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
        import precision

        yield precision


def test_the_network_read_from_the_graph_says_what_the_trained_one_said(precision):
    samples = json.loads((ROOT / "tests" / "bundled_logits.json").read_text("utf-8"))[:6]
    with Reranker(long_documents="truncate") as reranker:
        rows = [
            reranker.engine.encode(read_candidates(one["query"], [one["passage"]]))[0].rows[0]
            for one in samples
        ]
    network = precision.read_bundled_network()
    exact = precision.logits(network, rows)
    assert np.abs(exact - [one["logit"] for one in samples]).max() < 0.2
    halved = precision.logits(precision.in_format(network, torch.bfloat16), rows)
    assert 0 < np.abs(halved - exact).max() < 0.5
