"""The evidence head fitted anew after training, so that it goes on saying what it said.

A ranking does not teach the evidence head, but it moves the encoder that the head reads. What the
head should say of the tokens is known, as the parent says it. So at the end it is fitted to that by
least squares, on some of the texts that were learnt from: one run of both networks over them, which
is a small part of an epoch. Held in place step by step it would take a run of the parent for every
batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jingpai.training.networks.two_segment import Tokens, TwoSegmentEncoder

# Draws the head to what it was before, where the tokens do not say otherwise: a share of what the
# mean feature weighs.
_RIDGE = 1e-3


def hold_evidence(
    network: TwoSegmentEncoder, parent: TwoSegmentEncoder, batches: Iterable[Tokens]
) -> None:
    """Fit the evidence head of a trained network to what its parent says of passages.

    Args:
        network: Its head is that of the parent, and is changed; without one nothing is done.
        parent: On the same device.
        batches: Texts, of many times as many tokens as the head has weights.
    """
    head = network.evidence
    if head is None:
        return
    size = head.in_features + 1
    squares = torch.zeros(size, size, dtype=torch.float64)
    products = torch.zeros(size, dtype=torch.float64)
    with torch.no_grad():
        for tokens in batches:
            in_passage = tokens.segment == 1
            x = network.encode(tokens)[in_passage]
            said = parent.evidence_logits(parent.encode(tokens)[in_passage])
            missing = (said - network.evidence_logits(x)).double().cpu()
            features = F.pad(x, (0, 1), value=1.0).double().cpu()
            squares += features.T @ features
            products += features.T @ missing
        squares += torch.eye(size, dtype=torch.float64) * squares.diagonal().mean() * _RIDGE
        change = torch.linalg.solve(squares, products).to(head.weight)
        head.weight.add_(change[:-1])
        head.bias.add_(change[-1])
