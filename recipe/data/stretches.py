"""The pool of stretches with the parent's view of it, and the hard negatives found in it.

Used by mine.py.
"""

import random
from collections import defaultdict
from functools import cache

import numpy as np

NEGATIVES = 4
# A "negative" that the parent prefers to the answer is often an answer that nobody marked. One in
# the query's language may lead by more: the parent likes texts in the language of the query.
LEAD_SAME, LEAD_QUERY_LANGUAGE = 0.015, 0.05


class Stretches:
    """The pool, with the parent's view of it."""

    def __init__(self, records: list[dict], vectors: np.ndarray) -> None:
        self.records, self.vectors = records, vectors
        self.texts = [record["text"] for record in records]
        self.languages = np.array([record["language"] for record in records])
        self.articles: dict[tuple[str, str], list[int]] = defaultdict(list)
        for place, record in enumerate(records):
            self.articles[record["source"], record["group"]].append(place)

    @cache  # noqa: B019 (there is one pool)
    def in_language(self, language: str) -> np.ndarray:
        """Which stretches are in a language."""
        return self.languages == language

    def same_article(self, place: int) -> list[int]:
        """Everything of the article or page that a stretch is from."""
        record = self.records[place]
        return self.articles[record["source"], record["group"]]


def some_of(
    candidates: list[int], count: int, *, taken: list[int], rng: random.Random
) -> list[int]:
    """`count` of the candidates, the first ones favoured."""
    chosen: list[int] = []
    for candidate in candidates:
        if len(chosen) < count and candidate not in taken and rng.random() < 0.6:
            chosen.append(candidate)
    return chosen


def negatives(
    pair: dict,
    answers: list[int],
    *,
    similarity: np.ndarray,
    pool: Stretches,
    rng: random.Random,
) -> list[tuple[int, str]]:
    """Mined negatives of one pair, with their kinds: a few of each, the hardest favoured."""
    own = float(max(similarity[answers]))
    excluded = {*pair["related"], *answers}
    texts = {pool.texts[place] for place in answers}

    def usable(place: int) -> bool:
        return place not in excluded and pool.texts[place] not in texts

    def nearest(language: str | None, *, lead: float, count: int = 25) -> list[int]:
        allowed = similarity < own + lead
        if language:
            allowed &= pool.in_language(language)
        scores = np.where(allowed, similarity, -1)
        order = np.argpartition(-scores, count)[:count]
        order = order[np.argsort(-scores[order])]
        return [int(place) for place in order if scores[place] > 0 and usable(place)]

    article = [
        place
        for place in pool.same_article(answers[0])
        if usable(place) and similarity[place] < own + LEAD_SAME
    ]
    found: list[tuple[int, str]] = []

    def take(candidates: list[int], count: int, *, kind: str) -> None:
        chosen = some_of(candidates, count, taken=[place for place, _ in found], rng=rng)
        found.extend((place, kind) for place in chosen)

    asked, answered = pair["lang_query"], pool.records[answers[0]]["language"]
    if asked != answered:
        # So that a match of languages stops being a sign of an answer.
        take(nearest(asked, lead=LEAD_QUERY_LANGUAGE), 2, kind="language of the query")
    take(sorted(article, key=lambda place: -similarity[place]), 2, kind="same article")
    take(nearest(answered, lead=LEAD_SAME), 2, kind="language of the passage")
    take(nearest(None, lead=LEAD_SAME, count=40), NEGATIVES, kind="any language")
    # Last resort, for a query with little around it.
    spare = [place for place in rng.sample(range(len(pool.texts)), 40) if usable(place)]
    take(spare, NEGATIVES, kind="random")
    return found
