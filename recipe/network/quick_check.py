"""A quick check on eight development sets, to steer training by."""

from pathlib import Path

from jingpai.training.networks.two_segment import TwoSegmentEncoder
from recipe.data.dev import QUICK, Candidates, candidates, open_cases
from recipe.network.inference import ParentTokenizer, logits

DEPTH = 10


class QuickCheck:
    """MRR@10 over the parent's ten best, set by set; the reported numbers come from evaluate.py."""

    def __init__(self, sets: dict[str, list[Candidates]], tokenizer: ParentTokenizer) -> None:
        self.sets, self.tokenizer = sets, tokenizer

    @classmethod
    def prepare(
        cls,
        data: Path,
        *,
        parent: TwoSegmentEncoder,
        tokenizer: ParentTokenizer,
        queries: int,
        cache: Path,
    ) -> "QuickCheck":
        """Let the parent pick the candidates."""
        sets = {
            name: candidates(
                data / "dev" / name,
                parent=parent,
                tokenizer=tokenizer,
                queries=queries,
                depth=DEPTH,
                cache=cache,
            )
            for name in QUICK
        }
        return cls(sets, tokenizer)

    def parent(self) -> dict[str, float]:
        """The measure of the parent's own order."""
        return self._means(
            {
                name: [reciprocal_rank(case.ids, case.relevant) for case in open_cases(asked)]
                for name, asked in self.sets.items()
            }
        )

    def of(self, model: TwoSegmentEncoder) -> dict[str, float]:
        """The measure of a model's order."""
        return self._means({name: self._ranks(model, asked) for name, asked in self.sets.items()})

    def _ranks(self, model: TwoSegmentEncoder, asked: list[Candidates]) -> list[float]:
        cases = open_cases(asked)
        queries = self.tokenizer.queries([case.query for case in cases])
        texts = [text for case in cases for text in case.texts]
        passages = self.tokenizer.passages(texts, limit=256)
        pairs = [
            (query, passages[DEPTH * number + place])
            for number, query in enumerate(queries)
            for place in range(DEPTH)
        ]
        scores = logits(model, pairs).view(len(cases), DEPTH).tolist()
        return [
            reciprocal_rank(
                [name for _, name in sorted(zip(row, case.ids, strict=True), reverse=True)],
                case.relevant,
            )
            for row, case in zip(scores, cases, strict=True)
        ]

    def _means(self, ranks: dict[str, list[float]]) -> dict[str, float]:
        # A query that is not open counts as 0.
        means = {name: round(sum(ranks[name]) / len(self.sets[name]), 3) for name in self.sets}
        return means | {"mean": round(sum(means.values()) / len(means), 4)}


def reciprocal_rank(order: list[str], relevant: dict[str, int]) -> float:
    return next((1 / rank for rank, name in enumerate(order, 1) if relevant.get(name)), 0.0)
