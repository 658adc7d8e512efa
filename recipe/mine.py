"""Make the training groups: a query, passages that answer it, and passages that do not.

    python recipe/mine.py

Reads what prepare.py wrote. The parent (multilingual-e5-small) embeds all stretches once and finds
the hard negatives; counterfeits.py writes false passages; sentences.py adds groups of single
sentences, facts.py groups made from templates, and `written/*.toml` holds cases written by hand.
Written to `work/groups.jsonl`, one
group a line:

    query, lang_query, lang_passage, source, held_out
    passages   texts; first the answer, and its translation where there is one
    kinds      "answer", or where a negative comes from
    cosines    what the parent thinks of each, for distillation; null for written ones
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import tomllib

from counterfeits import Counterfeits
from facts import FactGroups
from inference import Tokens, embed
from model import load
from sentences import sentence_groups

HERE = Path(__file__).parent
SEED = 23
NEGATIVES = 4
SENTENCES = 10_000
FACTS = 4000
WRITTEN = HERE / "written"
REPEATED = 3  # times that each case written by hand is seen
# A "negative" that the parent prefers to the answer is often an answer that nobody marked. One in
# the query's language may lead by more: the parent likes texts in the language of the query.
LEAD_SAME, LEAD_QUERY_LANGUAGE = 0.015, 0.05
# Share of the groups that get a written negative of a kind, where one can be written.
ANOTHER_NUMBER, ANOTHER_NAME, ECHO, NAVIGATION = 0.7, 0.3, 0.18, 0.03
EXCHANGED = 0.12  # of the groups with a shared name come again with another one in its place


def read_lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


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


def vectors_of(path: Path, rows: list[list[int]], base: Path) -> np.ndarray:
    """The parent's vectors, computed once."""
    if not path.exists():
        np.save(path, embed(load(base), rows, budget=1024).numpy())
    found = np.load(path)
    if len(found) != len(rows):
        raise SystemExit(f"{path} is from another preparation; delete it and run again")
    return found


def some_of(candidates: list[int], count: int, taken: list[int], rng: random.Random) -> list[int]:
    """`count` of the candidates, the first ones favoured."""
    chosen: list[int] = []
    for candidate in candidates:
        if len(chosen) < count and candidate not in taken and rng.random() < 0.6:
            chosen.append(candidate)
    return chosen


def negatives(
    pair: dict, answers: list[int], similarity: np.ndarray, pool: Stretches, rng: random.Random
) -> list[tuple[int, str]]:
    """Mined negatives of one pair, with their kinds: a few of each, the hardest favoured."""
    own = float(max(similarity[answers]))
    excluded = {*pair["related"], *answers}
    texts = {pool.texts[place] for place in answers}

    def usable(place: int) -> bool:
        return place not in excluded and pool.texts[place] not in texts

    def nearest(language: str | None, lead: float, count: int = 25) -> list[int]:
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

    def take(candidates: list[int], count: int, kind: str) -> None:
        chosen = some_of(candidates, count, [place for place, _ in found], rng)
        found.extend((place, kind) for place in chosen)

    asked, answered = pair["lang_query"], pool.records[answers[0]]["language"]
    if asked != answered:
        # So that a match of languages stops being a sign of an answer.
        take(nearest(asked, LEAD_QUERY_LANGUAGE), 2, "language of the query")
    take(sorted(article, key=lambda place: -similarity[place]), 2, "same article")
    take(nearest(answered, LEAD_SAME), 2, "language of the passage")
    take(nearest(None, LEAD_SAME, 40), NEGATIVES, "any language")
    # Last resort, for a query with little around it.
    spare = [place for place in rng.sample(range(len(pool.texts)), 40) if usable(place)]
    take(spare, NEGATIVES, "random")
    return found


def written(
    query: str, asked: str, answer: str, name: str | None, language: str, forge: Counterfeits
) -> list[tuple[str, str]]:
    """Written negatives of one pair, with their kinds."""
    rng = forge.rng
    found = []
    number = forge.another_number(query, answer) if rng.random() < ANOTHER_NUMBER else None
    if number:
        found.append((number, "another number"))
    other = forge.another_name(name, language) if name and rng.random() < ANOTHER_NAME else None
    if name and other:
        found.append((answer.replace(name, other), "another name"))
    if rng.random() < ECHO:
        found.append((forge.echo(query, asked), "the question itself"))
    if rng.random() < NAVIGATION:
        found.append((forge.navigation(), "navigation"))
    return found[:2]


def groups_of(pair: dict, vector: np.ndarray, pool: Stretches, forge: Counterfeits) -> list[dict]:
    """One group, or two where it comes again with another name."""
    similarity = pool.vectors @ vector
    # The stretch of a long passage that the parent finds nearest is taken to hold the answer.
    answers = [max(places, key=lambda place: similarity[place]) for places in pair["answers"]]
    text, language = pool.texts[answers[0]], pool.records[answers[0]]["language"]
    name = forge.shared_name(pair["query"], text, language)
    false = written(pair["query"], pair["lang_query"], text, name, language, forge)
    mined = negatives(pair, answers, similarity, pool, forge.rng)[: NEGATIVES - len(false)]
    places = [*answers, *(place for place, _ in mined)]
    group = {
        "query": pair["query"],
        "lang_query": pair["lang_query"],
        "lang_passage": language,
        "source": pair["source"],
        "held_out": pair["held_out"],
        "passages": [*(pool.texts[place] for place in places), *(passage for passage, _ in false)],
        "kinds": ["answer"] * len(answers) + [kind for _, kind in (*mined, *false)],
        "cosines": [float(similarity[place]) for place in places] + [None] * len(false),
    }
    again = forge.another_name(name, language) if name and forge.rng.random() < EXCHANGED else None
    if not (name and again):
        return [group]
    return [group, exchanged(group, name, again)]


def exchanged(group: dict, name: str, other: str) -> dict:
    """The group with a name exchanged in question and answer; what answered before is now false.

    So an exchanged name is no sign of a false passage, only one that does not match the question.
    """
    mined = [
        passage
        for passage, kind in zip(group["passages"], group["kinds"], strict=True)
        if kind not in ("answer", "another name", "another number", "the question itself")
    ][: NEGATIVES - 1]
    passages = [group["passages"][0].replace(name, other), group["passages"][0], *mined]
    return group | {
        "query": group["query"].replace(name, other),
        "passages": passages,
        "kinds": ["answer", "another name", *["any language"] * len(mined)],
        "cosines": [None] * len(passages),
    }


def written_groups(folder: Path) -> list[dict]:
    """The cases written by hand."""
    groups = []
    for path in sorted(folder.glob("*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            passages = [*case["right"], *case["wrong"]]
            groups.append(
                {
                    "query": case["query"],
                    "lang_query": path.stem.split("-")[0],
                    "lang_passage": path.stem.split("-")[0],
                    "source": "written",
                    "held_out": False,
                    "passages": passages,
                    "kinds": ["answer"] * len(case["right"])
                    + [f"written: {case['kind']}"] * len(case["wrong"]),
                    "cosines": [None] * len(passages),
                }
            )
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="groups of sentences")
    parser.add_argument("--facts", type=int, default=FACTS, help="groups made from templates")
    options = parser.parse_args()
    work, rng = options.work, random.Random(SEED)
    tokens = Tokens(work / "base")
    records, pairs = read_lines(work / "pool.jsonl"), read_lines(work / "pairs.jsonl")
    texts, queries = [record["text"] for record in records], [pair["query"] for pair in pairs]
    pool = Stretches(records, vectors_of(work / "pool.npy", tokens.passages(texts), work / "base"))
    vectors = vectors_of(work / "queries.npy", tokens.queries(queries), work / "base")

    forge = Counterfeits(rng)
    groups = []
    for pair, vector in zip(pairs, vectors, strict=True):
        groups += groups_of(pair, vector, pool, forge)
    groups += sentence_groups(pairs, records, work / "base", count=options.sentences, forge=forge)
    facts = FactGroups(rng)
    groups += [facts.make() for _ in range(options.facts)]
    groups += written_groups(WRITTEN) * REPEATED
    rng.shuffle(groups)
    with (work / "groups.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(group, ensure_ascii=False) + "\n" for group in groups)
    kinds = Counter(kind for group in groups for kind in group["kinds"])
    apart = sum(group["held_out"] for group in groups)
    print(f"{len(groups)} groups, {apart} held out; {dict(kinds.most_common())}")


if __name__ == "__main__":
    main()
