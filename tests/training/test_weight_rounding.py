"""Small changes of weights outlive their way into 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from support.tiny_models import write_tiny_two_segment

from jingpai.backends.graph.products import quantised_channels
from jingpai.training.networks.rounding import round_like_parent, rounded


def on_grid(rows: int = 64, columns: int = 400) -> np.ndarray:
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(rows, columns)).astype(np.float32)
    integers, scales = quantised_channels(matrix)
    return integers * scales[:, None]


def steps(matrix: np.ndarray, parent: np.ndarray) -> np.ndarray:
    return (matrix - parent) / (np.abs(parent).max(axis=1, keepdims=True) / 127)


def test_a_fifth_of_a_step_is_kept_on_average_where_the_nearest_step_loses_it():
    parent = on_grid()
    step = np.abs(parent).max(axis=1, keepdims=True) / 127
    trained = (parent + 0.2 * step).astype(np.float32)
    integers, scales = quantised_channels(trained)
    lost = steps(integers * scales[:, None], parent).mean()
    kept = steps(rounded(trained, parent, chance=np.random.default_rng(0)), parent).mean()
    assert abs(lost) < 0.05
    # 25,600 weights, each off by at most .4 on average.
    assert kept == pytest.approx(0.2, abs=0.01)


def test_what_was_rounded_lies_on_the_grid_that_a_graph_stores():
    parent = on_grid()
    rng = np.random.default_rng(1)
    trained = parent + rng.normal(scale=0.02, size=parent.shape).astype(np.float32)
    found = rounded(trained, parent, chance=rng)
    integers, scales = quantised_channels(found)
    _, before = quantised_channels(parent)
    np.testing.assert_allclose(scales, before, rtol=1e-6)
    np.testing.assert_allclose(integers * scales[:, None], found, rtol=1e-5, atol=1e-7)
    assert (found != parent).mean() > 0.3


def test_what_did_not_change_stays():
    parent = on_grid()
    parent[5] = 0
    found = rounded(parent.copy(), parent, chance=np.random.default_rng(0))
    np.testing.assert_allclose(found, parent, rtol=1e-6)


def test_weights_of_a_parent_that_was_never_rounded_stay_as_trained():
    rng = np.random.default_rng(0)
    parent = rng.normal(size=(8, 32)).astype(np.float32)
    trained = parent + np.float32(0.001)
    assert (rounded(trained, parent, chance=rng) == trained).all()


def test_only_matrices_of_the_encoder_are_rounded(tmp_path):
    parent = write_tiny_two_segment(tmp_path / "parent")
    tensors = load_file(parent / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    integers, scales = quantised_channels(tensors[name])
    tensors[name] = integers * scales[:, None]
    save_file(tensors, parent / "model.safetensors")
    trained = write_tiny_two_segment(tmp_path / "trained")
    changed = {key: value + np.float32(0.001) for key, value in tensors.items()}
    save_file(changed, trained / "model.safetensors")
    round_like_parent(trained, parent, seed=0)
    written = load_file(trained / "model.safetensors")
    assert {key for key in written if (written[key] != changed[key]).any()} == {name}
    assert (written[name] != tensors[name]).any()
