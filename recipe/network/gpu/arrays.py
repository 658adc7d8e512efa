"""Arrays in one file, as small as can be.

A zip archive, compressed by LZMA, of raw arrays; `arrays.json` in it says of each its type and
shape. Numbers of several bytes lie byte by byte (all first bytes, then all second ones): the high
bytes of ids and of weights repeat a lot, the low ones do not.
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

INDEX = "arrays.json"


def write_arrays(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write arrays of numbers under their names."""
    index = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(INDEX, json.dumps(index))
        for name, array in arrays.items():
            numbers = np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8)
            archive.writestr(name, numbers.T.tobytes())


def read_arrays(path: Path) -> dict[str, NDArray]:
    """Read what write_arrays left."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for name, (kind, shape) in json.loads(archive.read(INDEX)).items():
            planes = np.frombuffer(archive.read(name), np.uint8)
            numbers = planes.reshape(np.dtype(kind).itemsize, -1).T
            arrays[name] = numbers.copy(order="C").view(kind).reshape(shape)
    return arrays
