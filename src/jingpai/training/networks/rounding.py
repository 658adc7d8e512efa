"""Trained weights on the 8-bit grid of their parent, so that what was learnt outlives rounding.

The bundled model begins training with weights that lie exactly on a grid: integers times the scale
of their output channel. Most of what training adds is smaller than half a step of that grid, and a
graph that rounds to the nearest step would give the parent back: of a gain of .20 in MRR on a set
of support notes it left .07. Here a weight goes to one of its two neighbours by chance, the nearer
one more often, so that the sum over many weights is right (stochastic rounding). What comes out
lies on the grid again, and the graph keeps it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import load_file, save_file

from jingpai.files.model_folder import WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_MOST = 127  # the largest integer of a channel

# Of a step. Weights that were rounded lie far nearer to the grid, others do not all lie so near.
_NEAR = 0.01


def round_like_parent(folder: Path, parent: Path, *, seed: int) -> None:
    """Round the matrices of a trained checkpoint, where those of its parent lie on a grid.

    Args:
        folder: Holds the checkpoint; its weights are written anew.
        parent: Holds the one that it was trained from.
        seed: Of the chances.
    """
    before, after = load_file(parent / WEIGHTS), load_file(folder / WEIGHTS)
    chance = np.random.default_rng(seed)
    for name in sorted(after):
        if name.startswith("encoder.") and after[name].ndim == 2:
            after[name] = rounded(after[name], before[name], chance=chance)
    mode = (folder / WEIGHTS).stat().st_mode
    save_file(after, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(mode)


def rounded(
    trained: NDArray[np.float32], parent: NDArray[np.float32], *, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Return a matrix [out, in] on the grid of its parent; as it is where that lies on none."""
    largest = np.abs(parent).max(axis=1, keepdims=True)
    scales = np.where(largest == 0, 1, largest / np.float32(_MOST))
    places = parent / scales
    grid = np.rint(places)
    if np.abs(places - grid).max() > _NEAR:
        return trained
    moved = (trained - parent) / scales
    steps = np.floor(moved + chance.random(moved.shape, np.float32))
    # The largest weight of a channel stays, because the scale is read off it again.
    free = np.abs(grid) < _MOST
    found = np.where(free, np.clip(grid + steps, -_MOST, _MOST), grid) * scales
    return found.astype(np.float32)
