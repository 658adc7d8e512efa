"""A check on held-out groups: who wins them, and whether the evidence lies where it was marked."""

from collections import defaultdict
from dataclasses import dataclass

import torch

from jingpai.training.networks.two_segment import TwoSegmentEncoder
from recipe.network.groups import Group
from recipe.network.inference import outputs


@dataclass(frozen=True)
class HeldOutCheck:
    """Groups of clusters that training never sees.

    A group is won where all its answers score above all others. The evidence of an answer is found
    where the token with the highest logit lies in a marked stretch.
    """

    groups: list[Group]
    budget: int = 2048  # tokens that go through the network together

    def of(self, model: TwoSegmentEncoder) -> dict[str, float]:
        """Shares won by source and, of the written groups, by kind; the share of evidence found."""
        pairs = [(group.query, passage) for group in self.groups for passage in group.passages]
        scores, evidence = outputs(model, pairs, budget=self.budget)
        won: dict[str, list[bool]] = defaultdict(list)
        found, row = [], 0
        for group in self.groups:
            values = scores[row : row + len(group.passages)]
            is_won = bool(values[: group.answers].min() > values[group.answers :].max())
            won[group.source].append(is_won)
            if group.source == "written":
                won[group.kind].append(is_won)
            for place in range(group.answers):
                labels = group.evidence[place]
                if labels and any(labels):
                    logits = evidence[row + place][len(group.query) :]
                    found.append(bool(labels[int(torch.argmax(logits))]))
            row += len(group.passages)
        shares = {name: round(sum(of) / len(of), 3) for name, of in sorted(won.items())}
        return shares | {"evidence": round(sum(found) / max(1, len(found)), 3)}
