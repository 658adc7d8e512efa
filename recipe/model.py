"""The network of the bundled model, which is the package's own, and how training hands it rows."""

from collections.abc import Sequence

import torch

from jingpai.training.networks.two_segment import START_SCALE, Tokens, TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load
from jingpai.training.networks.two_segment_files import stored_state as published_state

__all__ = [
    "START_SCALE",
    "Batch",
    "TwoSegmentEncoder",
    "load",
    "make_batch",
    "published_state",
]

Batch = Tokens


def make_batch(pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Batch:
    """Pairs of token ids; with an empty second text, the parent's view of the first."""
    lengths = torch.tensor([len(first) + len(second) for first, second in pairs])
    ids = torch.zeros(len(pairs), int(lengths.max()), dtype=torch.long)
    for row, (first, second) in zip(ids, pairs, strict=True):
        row[: len(first) + len(second)] = torch.tensor([*first, *second])
    firsts = torch.tensor([len(first) for first, _ in pairs])
    return Tokens.of(ids, lengths=lengths, query_lengths=firsts)
