"""The loss of a group.

It has four parts: softmax cross-entropy of the answer among its negatives, which makes the order;
binary cross-entropy of each pair, which makes 0.5 mean something; divergence from the parent's own
distribution over the answer and the candidates that the parent rightly puts below it, which keeps
the network from forgetting what the parent knows; and, where the same answer stands there in two
languages, the squared difference of their logits.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 (everyone's name for it)

from jingpai.training.networks.two_segment import START_SCALE
from recipe.network.groups import Group
from recipe.network.settings import TrainingSettings


def group_losses(
    scores: Tensor, groups: list[Group], *, settings: TrainingSettings
) -> tuple[Tensor, dict[str, float]]:
    """The mean loss of the groups, and its parts to log."""
    listwise, pointwise, distil, consistency = [], [], [], []
    spread, first = [], []
    for group, values in zip(
        groups, scores.split([len(group.passages) for group in groups]), strict=True
    ):
        answers, negatives = values[: group.answers], values[group.answers :]
        # Each answer against the negatives alone, not against the other answer.
        rivals = torch.cat([answers[:, None], negatives.expand(len(answers), -1)], dim=1)
        listwise.append(-F.log_softmax(rivals, dim=1)[:, 0].mean())
        # The answers weigh as much as all negatives together.
        pointwise.append(0.5 * (F.softplus(-answers).mean() + F.softplus(negatives).mean()))
        consistency.append((answers - answers.mean()).square().sum())
        cosines = torch.tensor(group.cosines)
        # The answer, and what the parent rightly puts below it.
        trusted = cosines.isfinite() & (cosines <= cosines[0])
        trusted[1 : group.answers] = False  # a translation should not score as the parent has it
        if trusted.sum() > 1:
            parent = F.softmax(START_SCALE * cosines[trusted], dim=0)
            distil.append(F.kl_div(F.log_softmax(values[trusted], dim=0), parent, reduction="sum"))
        spread.append(values.detach().std())
        first.append(float(values.argmax() < group.answers))
    parts = {
        "listwise": torch.stack(listwise).mean(),
        "pointwise": torch.stack(pointwise).mean(),
        "distil": torch.stack(distil).sum() / len(groups) if distil else torch.zeros(()),
        "consistency": torch.stack(consistency).mean(),
    }
    loss = (
        parts["listwise"]
        + settings.pointwise * parts["pointwise"]
        + settings.distil * parts["distil"]
        + settings.consistency * parts["consistency"]
    )
    log = {name: part.item() for name, part in parts.items()}
    return loss, log | {
        "spread": torch.stack(spread).mean().item(),
        "first": sum(first) / len(first),
    }
