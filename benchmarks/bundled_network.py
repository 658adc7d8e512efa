"""The bundled model as a PyTorch network, read back from its graph.

The package carries an ONNX graph with int8 matrices and no checkpoint. What the graph multiplies by
(an integer and the scale of its channel) are the weights of this network, exactly; only activations
are not rounded here. So the two differ by what int8 activations cost, and this one can be run in
number formats that no graph is written for.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load
from jingpai.training.networks.unpacking import unpack

sys.path.append(str(Path(__file__).parents[1]))

from recipe.network.batches import make_batch

__all__ = ["TwoSegmentEncoder", "make_batch", "read_bundled_network"]

FOLDER = Path(str(files("jingpai") / "bundled"))


def read_bundled_network() -> TwoSegmentEncoder:
    """Return the network with the weights of the bundled graph, in float32."""
    with tempfile.TemporaryDirectory() as folder:
        unpack(FOLDER, Path(folder))
        return load(Path(folder)).eval()
