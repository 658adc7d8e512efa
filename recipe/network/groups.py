"""The groups that mine.py made, as token ids, and the batches of a step."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipe.network.inference import ParentTokenizer
from recipe.network.settings import TrainingSettings
from recipe.records import read_records


@dataclass(frozen=True)
class Group:
    """A query with its passages, the answers first, and what the parent thinks of each.

    Two answers say the same in two languages. A written trap has an infinite cosine: there the
    parent's opinion is not to be kept.
    """

    query: list[int]
    passages: list[list[int]]
    cosines: list[float]
    answers: int = 1

    @property
    def tokens(self) -> int:
        """Of all its rows together."""
        return sum(len(self.query) + len(passage) for passage in self.passages)


def read_groups(path: Path, tokenizer: ParentTokenizer, *, held_out: bool) -> list[Group]:
    raw = [group for group in read_records(path) if group["held_out"] == held_out]
    queries = tokenizer.queries([group["query"] for group in raw])
    passages = iter(tokenizer.passages([text for group in raw for text in group["passages"]]))
    return [
        Group(
            query,
            [next(passages) for _ in group["passages"]],
            [math.inf if cosine is None else cosine for cosine in group["cosines"]],
            group["kinds"].count("answer"),
        )
        for group, query in zip(raw, queries, strict=True)
    ]


def endless_batches(groups: list[Group], settings: TrainingSettings) -> Iterator[list[Group]]:
    """Batches of about equally many tokens, all groups in a new order each time round."""
    rng = random.Random(settings.seed)
    while True:
        batch: list[Group] = []
        for group in rng.sample(groups, len(groups)):
            tokens = sum(other.tokens for other in [*batch, group])
            if batch and tokens > settings.batch_tokens:
                yield batch
                batch = []
            batch.append(group)
        yield batch
