"""Make the training groups: a query, a passage that answers it, and passages that do not.

    python training/prepare.py --data DATA

DATA holds `train/<source>.jsonl.gz` with one pair a line (query, passage, lang_query,
lang_passage, group, pid) and `dev/`, of which only the queries are read, to keep them out of
training. How many groups come from which source stands in `mix.toml`. Written to
`work/groups.jsonl`, one group a line:

    query, lang_query, lang_passage, source, held_out
    passages   texts; the first one answers the query
    kinds      where each passage comes from
    cosines    what the parent thinks of each, for distillation

Negatives come from the sampled passages only, found with the parent: embedding everything would
take hours on two cores, and a pool of some ten thousand is hard enough.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import tomllib

from inference import Tokens, embed
from model import load

HERE = Path(__file__).parent
SEED = 7
NEGATIVES = 4
HELD_OUT = 30  # one article in so many is kept for fitting the temperature
COMPANIONS = 0.35  # of the groups bring another passage of their article into the pool
TRAPS = 0.22  # of the groups hold a written trap
# A "negative" that the parent prefers to the answer is often an answer that nobody marked. One in
# the query's language may lead by more: the parent likes texts in the language of the query.
LEAD_SAME, LEAD_QUERY_LANGUAGE = 0.015, 0.05

NAVIGATION = [
    "Home | About | Products | Blog | Contact | Privacy policy | Terms of use",
    "首页 关于我们 产品中心 新闻动态 联系我们 网站地图 版权所有",
    "Startseite Impressum Datenschutz Kontakt Suche Anmelden Warenkorb",
    "Accueil Mentions légales Politique de confidentialité Contact Plan du site",
    "Inicio Acerca de Aviso legal Política de cookies Contacto Iniciar sesión",
    "ホーム 会社概要 お問い合わせ プライバシーポリシー サイトマップ ログイン",
    "홈 회사소개 고객센터 이용약관 개인정보처리방침 사이트맵",
    "Главная О нас Новости Контакты Политика конфиденциальности Войти",
    "This page is not available. Please try again later.",
    "Share on Facebook. Share on Twitter. Print this page. Last updated: 3 days ago.",
    "Search results. 1 2 3 4 5 Next page",
    "-",
]
WRAPPERS = ["{}", "{}", "Q: {}", "{}?", "{} ...", "FAQ: {}", "「{}」", "# {}", "{} {}"]


def read_pairs(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def dev_queries(data: Path) -> set[str]:
    found = set()
    for path in data.glob("dev/*/queries.jsonl.gz"):
        found |= {query["text"].strip() for query in read_pairs(path)}
    return found


def sample(pairs: list[dict], count: int, rng: random.Random) -> list[dict]:
    """`count` pairs, rare language directions favoured, no passage more than twice."""
    frequency: dict[tuple[str, str], int] = defaultdict(int)
    for pair in pairs:
        frequency[pair["lang_query"], pair["lang_passage"]] += 1

    def key(pair: dict) -> float:  # weighted order without replacement (Efraimidis and Spirakis)
        return rng.random() ** (frequency[pair["lang_query"], pair["lang_passage"]] ** 0.5)

    chosen, used = [], defaultdict(int)
    for pair in sorted(pairs, key=key, reverse=True):
        if used[pair["pid"]] < 2 and len(chosen) < count:
            used[pair["pid"]] += 1
            chosen.append(pair)
    return chosen


def held_out(pair: dict) -> bool:
    # The article without its language, so that a translation does not leak.
    name = pair["source"] + re.sub(r"^[a-z]{2,3}(-[A-Za-z]+)?:", "", pair["group"])
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % HELD_OUT == 0


class Pool:
    """The sampled passages: cut, embedded once by the parent, searched for negatives."""

    def __init__(self, tokens: Tokens, rng: random.Random) -> None:
        self.tokens, self.rng = tokens, rng
        self.texts: list[str] = []
        self.languages: list[str] = []
        self.articles: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.index: dict[str, int] = {}

    def add(self, pair: dict) -> int:
        """The place of a pair's passage, which enters the pool if it is not there yet."""
        name = pair["source"] + " " + pair["pid"]
        if name not in self.index:
            self.index[name] = len(self.texts)
            self.articles[pair["source"], pair["group"]].append(len(self.texts))
            self.texts.append(self.cut(pair["passage"]))
            self.languages.append(pair["lang_passage"])
        return self.index[name]

    @cache  # noqa: B019 (there is one pool)
    def in_language(self, language: str) -> np.ndarray:
        """Which passages are in a language; ask when the pool is complete."""
        return np.array([found == language for found in self.languages])

    def cut(self, text: str) -> str:
        """Most passages end at 96 to 176 tokens, one in ten at 400: several lengths are seen."""
        limit = 400 if self.rng.random() < 0.1 else self.rng.randint(96, 176)
        offsets = self.tokens.tokenizer.encode(text, add_special_tokens=False).offsets
        return text if len(offsets) <= limit else text[: offsets[limit - 1][1]]


def answers(pairs: list[dict]) -> dict[str, set[str]]:
    """For each passage, those that share a question with it and so may answer its others."""
    by_query, by_passage = defaultdict(set), defaultdict(set)
    for pair in pairs:
        by_query[pair["query"]].add(pair["pid"])
        by_passage[pair["pid"]].add(pair["query"])
    return {
        pid: {other for query in queries for other in by_query[query]}
        for pid, queries in by_passage.items()
    }


def traps(pair: dict, positive: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Passages written to fool: the bare question, the answer about another number."""
    numbers = [n for n in re.findall(r"\d+", pair["query"]) if len(n) > 1 and n in positive]
    if numbers and rng.random() < 0.8:
        number = rng.choice(numbers)
        other = number
        while other == number:
            other = str(
                int(number) + rng.choice([-30, -12, -7, -3, -2, -1, 1, 2, 4, 9, 20])
            ).lstrip("-")
        yield positive.replace(number, other), "another number"
    if rng.random() < TRAPS:
        yield (
            rng.choice(WRAPPERS).replace("{}", pair["query"].rstrip("?？ ")),
            "the question itself",
        )
    if rng.random() < 0.03:
        yield rng.choice(NAVIGATION), "navigation"


def choose(rng: random.Random, candidates: list[int], count: int, taken: list[int]) -> list[int]:
    """`count` of the candidates, best first favoured."""
    chosen: list[int] = []
    for candidate in candidates:
        if len(chosen) < count and candidate not in taken and rng.random() < 0.6:
            chosen.append(candidate)
    return chosen


def collect(
    data: Path, mix: dict, tokens: Tokens, rng: random.Random
) -> tuple[list[dict], Pool, list[set[int]]]:
    """The chosen pairs, the pool of passages, and for each pair the passages that may answer it."""
    known = dev_queries(data)
    chosen: list[dict] = []
    related: list[set[str]] = []
    pool = Pool(tokens, rng)
    for source, counts in mix.items():
        pairs = [
            pair | {"source": source} for pair in read_pairs(data / "train" / f"{source}.jsonl.gz")
        ]
        same = [pair for pair in pairs if pair["lang_query"] == pair["lang_passage"]]
        cross = [pair for pair in pairs if pair["lang_query"] != pair["lang_passage"]]
        taken = sample(same, counts.get("same", 0), rng) + sample(
            cross, counts.get("cross", 0), rng
        )
        taken = [pair for pair in taken if pair["query"].strip() not in known]
        may_answer = answers(pairs)
        by_article = defaultdict(list)
        for pair in pairs:
            by_article[pair["group"]].append(pair)
        for pair in taken:
            chosen.append(pair)
            related.append({source + " " + pid for pid in may_answer[pair["pid"]]})
            pool.add(pair)
            if rng.random() < COMPANIONS:
                pool.add(rng.choice(by_article[pair["group"]]))
        print(f"{source}: {len(taken)} groups", flush=True)
    return (
        chosen,
        pool,
        [{pool.index[name] for name in names if name in pool.index} for names in related],
    )


def negatives(
    pair: dict,
    similarity: np.ndarray,
    positive: int,
    pool: Pool,
    excluded: set[int],
    rng: random.Random,
) -> list[tuple[int, str]]:
    """Where the negatives of one pair come from: a few of each kind, the hardest first."""
    own = similarity[positive]

    def nearest(language: str | None, lead: float, count: int = 25) -> list[int]:
        allowed = similarity < own + lead
        if language:
            allowed &= pool.in_language(language)
        scores = np.where(allowed, similarity, -1)
        order = np.argpartition(-scores, min(count, len(scores) - 1))[:count]
        order = order[np.argsort(-scores[order])]
        return [
            int(i)
            for i in order
            if scores[i] > 0 and i not in excluded and pool.texts[i] != pool.texts[positive]
        ]

    query_language, passage_language = pair["lang_query"], pair["lang_passage"]
    article = [
        i
        for i in pool.articles[pair["source"], pair["group"]]
        if i not in excluded
        and similarity[i] < own + LEAD_SAME
        and pool.texts[i] != pool.texts[positive]
    ]
    found: list[tuple[int, str]] = []

    def take(candidates: list[int], count: int, kind: str) -> None:
        found.extend((i, kind) for i in choose(rng, candidates, count, [j for j, _ in found]))

    if query_language != passage_language:
        # So that a match of languages stops being a sign of an answer.
        take(nearest(query_language, LEAD_QUERY_LANGUAGE), 2, "language of the query")
    take(sorted(article, key=lambda i: -similarity[i]), 1, "same article")
    take(nearest(passage_language, LEAD_SAME), 2, "language of the passage")
    take(nearest(None, LEAD_SAME, 40), NEGATIVES, "any language")
    # Last resort, for a query with little around it.
    take([rng.randrange(len(pool.texts)) for _ in range(40)], NEGATIVES, "random")
    return [(i, kind) for i, kind in found if i not in excluded]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--mix", type=Path, default=HERE / "mix.toml")
    options = parser.parse_args()
    rng = random.Random(SEED)
    tokens = Tokens(options.work / "base")
    parent = load(options.work / "base")

    mix = tomllib.loads(options.mix.read_text(encoding="utf-8"))
    pairs, pool, excluded = collect(options.data, mix, tokens, rng)
    print(f"{len(pairs)} groups, {len(pool.texts)} passages; the parent reads them", flush=True)
    passages = embed(parent, tokens.passages(pool.texts)).numpy()
    queries = embed(parent, tokens.queries([pair["query"] for pair in pairs])).numpy()

    groups = []
    for number, pair in enumerate(pairs):
        positive = pool.add(pair)
        similarity = passages @ queries[number]
        group = {key: pair[key] for key in ("query", "lang_query", "lang_passage", "source")}
        group["held_out"] = held_out(pair)
        written = list(traps(pair, pool.texts[positive], rng))[:2]
        mined = negatives(pair, similarity, positive, pool, excluded[number] | {positive}, rng)
        mined = mined[: NEGATIVES - len(written)]
        group["passages"] = [
            pool.texts[positive],
            *(pool.texts[i] for i, _ in mined),
            *(text for text, _ in written),
        ]
        group["kinds"] = ["answer", *(kind for _, kind in mined), *(kind for _, kind in written)]
        group["cosines"] = [float(similarity[i]) for i in (positive, *(i for i, _ in mined))] + [
            None
        ] * len(written)
        groups.append(group)

    fill_cosines(groups, queries, tokens, parent)
    rng.shuffle(groups)
    with (options.work / "groups.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(group, ensure_ascii=False) + "\n" for group in groups)
    counts: dict[str, int] = defaultdict(int)
    for group in groups:
        for kind in group["kinds"]:
            counts[kind] += 1
    apart = sum(group["held_out"] for group in groups)
    print(f"{len(groups)} groups, {apart} held out; {dict(counts)}")


def fill_cosines(groups: list[dict], queries: np.ndarray, tokens: Tokens, parent: object) -> None:
    """What the parent thinks of the written traps, which the pool does not hold."""
    places = [
        (number, place)
        for number, group in enumerate(groups)
        for place, cosine in enumerate(group["cosines"])
        if cosine is None
    ]
    vectors = embed(parent, tokens.passages([groups[n]["passages"][p] for n, p in places])).numpy()
    for (number, place), vector in zip(places, vectors, strict=True):
        groups[number]["cosines"][place] = float(vector @ queries[number])


if __name__ == "__main__":
    main()
