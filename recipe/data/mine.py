"""Make the training groups: a query, passages that answer it, and passages that do not.

    python -m recipe.data.mine

Reads what prepare.py wrote. The parent (multilingual-e5-small) embeds all stretches once and finds
the hard negatives (stretches.py); counterfeits.py writes false passages; sentences.py adds groups
of single sentences, and facts.py groups made from templates. What was judged by reading is put
right (judgements.py). Written to `work/groups.jsonl`, one group a line:

    query, lang_query, lang_passage, source, held_out
    passages   texts; first the answer, and its translation where there is one
    kinds      "answer", or where a negative comes from
    cosines    what the parent thinks of each, for distillation; null for written ones
    evidence   of each answer, the stretches that settle the question; null where nobody marked them
"""

import random
from collections import Counter
from pathlib import Path

import numpy as np

from jingpai.training.networks.two_segment_files import load
from recipe.data.counterfeits import Counterfeits
from recipe.data.facts import FactGroups
from recipe.data.judgements import corrected, read_judgements
from recipe.data.sentences import sentence_groups
from recipe.data.stretches import NEGATIVES, Stretches, negatives
from recipe.network.inference import ParentTokenizer, embed
from recipe.places import WRITTEN, option_parser
from recipe.records import read_records, write_records

SEED = 23
SENTENCES = 10_000
FACTS = 4000
# Share of the groups that get a written negative of a kind, where one can be written.
ANOTHER_NUMBER, ANOTHER_NAME, ECHO, NAVIGATION = 0.7, 0.3, 0.18, 0.03
EXCHANGED = 0.12  # of the groups with a shared name come again with another one in its place


def vectors_of(path: Path, rows: list[list[int]], *, base: Path) -> np.ndarray:
    """The parent's vectors, computed once."""
    if not path.exists():
        np.save(path, embed(load(base), rows, budget=1024).numpy())
    found = np.load(path)
    if len(found) != len(rows):
        raise SystemExit(f"{path} is from another preparation; delete it and run again")
    return found


def counterfeits(
    pair: dict, answer: str, *, name: str | None, language: str, forge: Counterfeits
) -> list[tuple[str, str]]:
    """False passages for one pair, with their kinds; the answer is in `language`."""
    rng, query = forge.rng, pair["query"]
    found = []
    number = forge.another_number(query, answer) if rng.random() < ANOTHER_NUMBER else None
    if number:
        found.append((number, "another number"))
    other = forge.another_name(name, language) if name and rng.random() < ANOTHER_NAME else None
    if name and other:
        found.append((answer.replace(name, other), "another name"))
    if rng.random() < ECHO:
        found.append((forge.echo(query, pair["lang_query"]), "the question itself"))
    if rng.random() < NAVIGATION:
        found.append((forge.navigation(), "navigation"))
    return found[:2]


def groups_of(
    pair: dict, vector: np.ndarray, *, pool: Stretches, forge: Counterfeits
) -> list[dict]:
    """One group, or two where it comes again with another name."""
    similarity = pool.vectors @ vector
    # The stretch of a long passage that the parent finds nearest is taken to hold the answer.
    answers = [max(places, key=lambda place: similarity[place]) for places in pair["answers"]]
    text, language = pool.texts[answers[0]], pool.records[answers[0]]["language"]
    name = forge.shared_name(pair["query"], text, language=language)
    false = counterfeits(pair, text, name=name, language=language, forge=forge)
    mined = negatives(pair, answers, similarity=similarity, pool=pool, rng=forge.rng)[
        : NEGATIVES - len(false)
    ]
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
        "evidence": [[sentence] if sentence else None for sentence in pair["evidence"]],
    }
    again = forge.another_name(name, language) if name and forge.rng.random() < EXCHANGED else None
    if not (name and again):
        return [group]
    return [group, exchanged(group, name=name, other=again)]


def exchanged(group: dict, *, name: str, other: str) -> dict:
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
        "evidence": [None],
    }


def main() -> None:
    parser = option_parser(__doc__, work=True)
    parser.add_argument("--sentences", type=int, default=SENTENCES, help="groups of sentences")
    parser.add_argument("--facts", type=int, default=FACTS, help="groups made from templates")
    options = parser.parse_args()
    work, rng = options.work, random.Random(SEED)
    tokenizer = ParentTokenizer(work / "base")
    records, pairs = read_records(work / "pool.jsonl"), read_records(work / "pairs.jsonl")
    texts, queries = [record["text"] for record in records], [pair["query"] for pair in pairs]
    pool = Stretches(
        records, vectors_of(work / "pool.npy", tokenizer.passages(texts), base=work / "base")
    )
    vectors = vectors_of(work / "queries.npy", tokenizer.queries(queries), base=work / "base")

    forge = Counterfeits(rng)
    groups = []
    for pair, vector in zip(pairs, vectors, strict=True):
        groups += groups_of(pair, vector, pool=pool, forge=forge)
    groups += sentence_groups(
        pairs, records, base=work / "base", count=options.sentences, forge=forge
    )
    facts = FactGroups(rng)
    groups += [facts.make() for _ in range(options.facts)]
    groups = list(corrected(groups, read_judgements(WRITTEN / "judgements.jsonl")))
    rng.shuffle(groups)
    write_records(work / "groups.jsonl", groups)
    kinds = Counter(kind for group in groups for kind in group["kinds"])
    apart = sum(group["held_out"] for group in groups)
    print(f"{len(groups)} groups, {apart} held out; {dict(kinds.most_common())}")


if __name__ == "__main__":
    main()
