"""Groups as token ids, and the batches of a step."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recipe.network.inference import ParentTokenizer
from recipe.network.settings import TrainingSettings
from recipe.records import read_records


@dataclass(frozen=True)
class Group:
    """A query with its passages, the answers first, and what the parent thinks of each.

    A passage that somebody wrote has an infinite cosine: there the parent's opinion is not to be
    kept. `evidence` says of each passage which of its tokens settle the question: none of a passage
    that does not answer; and None of an answer where nobody marked them.
    """

    query: list[int]
    passages: list[list[int]]
    cosines: list[float]
    evidence: list[list[int] | None]
    answers: int = 1
    source: str = "public"
    kind: str = ""

    @property
    def tokens(self) -> int:
        """Of all its rows together."""
        return sum(len(self.query) + len(passage) for passage in self.passages)


def read_groups(path: Path, tokenizer: ParentTokenizer, *, held_out: bool) -> list[Group]:
    """The groups of a file of mine.py or teacher.py."""
    raw = [group for group in read_records(path) if group["held_out"] == held_out]
    queries = tokenizer.queries([group["query"] for group in raw])
    texts, marks = [], []
    for group in raw:
        answers = group["kinds"].count("answer")
        evidence = group.get("evidence") or [None] * answers
        texts += group["passages"]
        marks += [*evidence, *[[] for _ in group["passages"][answers:]]]
    marked = zip(*tokenizer.marked_passages(texts, marks), strict=True)
    groups = []
    for group, query in zip(raw, queries, strict=True):
        passages = [next(marked) for _ in group["passages"]]
        groups.append(
            Group(
                query=query,
                passages=[ids for ids, _ in passages],
                cosines=[math.inf if cosine is None else cosine for cosine in group["cosines"]],
                evidence=[labels for _, labels in passages],
                answers=group["kinds"].count("answer"),
                source=group["source"] if "kind" in group else "public",
                kind=group.get("kind", ""),
            )
        )
    return groups


class Mixture:
    """Draws the groups of a round: of each source a share, other ones the next time.

    Args:
        groups: All there are.
        shares: Of each source's groups, how many a round takes; above 1 some come twice.
        seed: Of the order.
    """

    def __init__(self, groups: Sequence[Group], shares: dict[str, float], *, seed: int) -> None:
        self.rng = random.Random(seed)
        self.shares = shares
        self.left: dict[str, list[Group]] = {source: [] for source in shares}
        self.all = {
            source: [group for group in groups if group.source == source] for source in shares
        }

    def round(self) -> list[Group]:
        """The groups of the next round, in their order."""
        drawn = [
            self._next(source)
            for source, share in self.shares.items()
            for _ in range(round(share * len(self.all[source])))
        ]
        self.rng.shuffle(drawn)
        return drawn

    def _next(self, source: str) -> Group:
        if not self.left[source]:
            self.left[source] = self.rng.sample(self.all[source], len(self.all[source]))
        return self.left[source].pop()


def endless_batches(mixture: Mixture, settings: TrainingSettings) -> Iterator[list[Group]]:
    """Batches of about equally many tokens, round after round."""
    while True:
        batch: list[Group] = []
        used = 0
        for group in mixture.round():
            if batch and used + group.tokens > settings.batch_tokens:
                yield batch
                batch, used = [], 0
            batch.append(group)
            used += group.tokens
        if batch:
            yield batch
