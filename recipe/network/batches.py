"""Rows of ids that go through the network together."""

from collections.abc import Sequence

import torch

from jingpai.training.networks.two_segment import Tokens


def make_batch(
    pairs: Sequence[tuple[Sequence[int], Sequence[int]]], device: torch.device | None = None
) -> Tokens:
    """Pairs of token ids; with an empty second text, the parent's view of the first."""
    lengths = torch.tensor([len(first) + len(second) for first, second in pairs])
    ids = torch.zeros(len(pairs), int(lengths.max()), dtype=torch.long)
    for row, (first, second) in zip(ids, pairs, strict=True):
        row[: len(first) + len(second)] = torch.tensor([*first, *second])
    firsts = torch.tensor([len(first) for first, _ in pairs])
    return Tokens.of(ids.to(device), lengths=lengths.to(device), query_lengths=firsts.to(device))


def batches_by_length(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices in batches of similar length, about `budget` tokens each."""
    batches: list[list[int]] = []
    used = budget
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if used + lengths[index] > budget:
            batches.append([])
            used = 0
        batches[-1].append(index)
        used += lengths[index]
    return batches
