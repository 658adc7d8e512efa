"""Weights in files of a bounded size: `weights-00.part`, `weights-01.part` and so on.

Joined, they are a digest and what torch.save writes of `{"model": state}`, without word embeddings,
large tensors as float16. The digest tells parts of two checkpoints apart.
"""

import hashlib
import io
from pathlib import Path

import torch
from torch import Tensor

from jingpai.training.networks.two_segment import TwoSegmentEncoder

LARGE = 10_000  # numbers; a tensor of fewer stays float32, since it costs nothing
PATTERN = "weights-*.part"
DIGEST = 32  # bytes


def write_parts(folder: Path, model: TwoSegmentEncoder, *, part_bytes: int) -> None:
    """Put the weights in the place of those that the folder holds.

    All parts are written before the first is put in its place, so that an interruption leaves whole
    weights, these or those, unless it falls between the renames.
    """
    state = {name: as_stored(value) for name, value in model.state_dict().items()}
    buffer = io.BytesIO()
    torch.save({"model": state}, buffer)
    data = buffer.getvalue()
    whole = hashlib.sha256(data).digest() + data
    starts = range(0, len(whole), part_bytes)
    paths = [folder / f"weights-{number:02}.part" for number in range(len(starts))]
    for path, start in zip(paths, starts, strict=True):
        path.with_suffix(".new").write_bytes(whole[start : start + part_bytes])
    for path in paths:
        path.with_suffix(".new").replace(path)
    for path in set(folder.glob(PATTERN)) - set(paths):
        path.unlink()


def read_parts(folder: Path) -> dict[str, Tensor]:
    """The state of a network, in float32."""
    paths = sorted(folder.glob(PATTERN))
    whole = b"".join(path.read_bytes() for path in paths)
    digest, data = whole[:DIGEST], whole[DIGEST:]
    if hashlib.sha256(data).digest() != digest:
        raise SystemExit(
            f"{folder} holds {len(paths)} files {PATTERN}, which are not all the parts of one"
            " checkpoint; copy them again"
        )
    state = torch.load(io.BytesIO(data), weights_only=True)["model"]
    return {name: value.float() for name, value in state.items()}


def as_stored(value: Tensor) -> Tensor:
    """On the CPU, and a large one in half the size."""
    value = value.detach().cpu()
    return value.half() if value.numel() > LARGE else value.clone()
