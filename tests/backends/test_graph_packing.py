"""Rows to tokens and back, as a graph computes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingpai.backends.graph.builder import GraphBuilder
from jingpai.backends.graph.inputs import declare_inputs
from jingpai.backends.graph.packing import Packing
from jingpai.backends.runtime import onnxruntime

WIDTH = 3


@pytest.fixture(scope="module")
def session():
    graph = GraphBuilder()
    inputs = declare_inputs(graph)
    rows = graph.input("x", dtype=np.float32, shape=("rows", "length", WIDTH))
    packing = Packing.of(graph, inputs)
    tokens = packing.pack(rows, width=WIDTH)
    graph.output("tokens", tokens, shape=(1, "tokens", WIDTH))
    graph.output("again", packing.unpack(tokens, width=WIDTH), shape=("rows", "length", WIDTH))
    return onnxruntime.InferenceSession(graph.to_bytes(metadata={}))


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6), wider=st.integers(0, 3))
def test_tokens_stand_one_behind_the_other_and_go_back_to_their_places(session, lengths, wider):
    width = max(lengths) + wider
    x = np.arange(len(lengths) * width * WIDTH, dtype=np.float32)
    x = x.reshape(len(lengths), width, WIDTH)
    feed = {
        "input_ids": np.zeros((len(lengths), width), np.int64),
        "lengths": np.array(lengths, np.int32),
        "query_lengths": np.ones(len(lengths), np.int32),
        "x": x,
    }
    feed = {one.name: feed[one.name] for one in session.get_inputs()}
    tokens, again = session.run(["tokens", "again"], feed)
    is_token = np.arange(width) < np.array(lengths)[:, None]
    np.testing.assert_array_equal(tokens, x[is_token][None])
    np.testing.assert_array_equal(again[is_token], x[is_token])
    # What stands in the padding is any token's.
    assert np.isin(again[~is_token], x[is_token]).all()
