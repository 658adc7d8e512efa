"""What is wrong with the scores of a group: its order, where 0.5 lies, and what a teacher says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from jingpai.errors import TrainingStopped
from jingpai.tokens.tokenizer import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentence_transformers import CrossEncoder

    from jingpai.training.networks.network import RerankerNetwork

POINTWISE = 0.25
"""Weight of the second part, as in the training of the bundled model."""


class GroupLoss(nn.Module):
    """The loss of groups, for sentence-transformers' trainer; all rows go through the model once.

    Softmax cross-entropy of each answer among the documents of lower grade, which makes the order;
    binary cross-entropy of each document, which keeps 0.5 between answers and the rest; and, where
    a teacher has spoken, cross-entropy with its distribution over those documents.
    """

    def __init__(self, model: CrossEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        inputs: Sequence[Any],
        labels: Sequence[Tensor],
        prompt: str | None = None,
        task: str | None = None,
    ) -> Tensor:
        """Return the mean loss of groups.

        Args:
            inputs: The columns `ids`, `query_lengths` and `teacher`: of each group, the token ids
                of its rows, the lengths of their first segments, and the teacher's scores.
            labels: Of each group, the grades.
            prompt: The trainer hands it to every loss; rows are written already.
            task: The same.

        Raises:
            TrainingStopped: The loss is no number.
        """
        del prompt, task
        ids, query_lengths, teacher = inputs
        rows = [
            Row(row, length, characters=0, dropped=0)
            for group, lengths in zip(ids, query_lengths, strict=True)
            for row, length in zip(group, lengths, strict=True)
        ]
        features = cast("RerankerNetwork", self.model[0]).preprocess(rows)
        device = self.model.device
        scores = self.model({name: feature.to(device) for name, feature in features.items()})[
            "scores"
        ]
        parts = scores[:, 0].split([len(group) for group in ids])
        losses = [
            group_loss(logits, grades.to(device), torch.tensor(said, device=device))
            for logits, grades, said in zip(parts, labels, teacher, strict=True)
        ]
        loss = torch.stack(losses).mean()
        if not math.isfinite(loss.item()):
            raise TrainingStopped("the loss is no number any more")
        return loss


def group_loss(logits: Tensor, grades: Tensor, teacher: Tensor) -> Tensor:
    """Return the loss of one group: logits, grades from 0, and a teacher's scores or NaN."""
    is_answer = grades > 0
    total = POINTWISE * _pointwise(logits, is_answer)
    below = [
        torch.cat([logits[place, None], logits[grades < grades[place]]])
        for place in is_answer.nonzero()[:, 0].tolist()
    ]
    weights = grades[is_answer] / grades[is_answer].sum()
    for weight, rivals in zip(weights, below, strict=True):
        total = total - weight * F.log_softmax(rivals, dim=0)[0]
    is_known = teacher.isfinite()
    if is_known.sum() > 1:
        target = F.softmax(teacher[is_known], dim=0)
        total = total - (target * F.log_softmax(logits[is_known], dim=0)).sum()
    return total


def _pointwise(logits: Tensor, is_answer: Tensor) -> Tensor:
    """Binary cross-entropy; the answers weigh as much as all other documents together."""
    parts = [F.softplus(-logits[is_answer]), F.softplus(logits[~is_answer])]
    return torch.stack([part.mean() for part in parts if len(part)]).mean()
