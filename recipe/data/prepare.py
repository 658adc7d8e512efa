"""Choose the training pairs, and cut their passages to the lengths that training reads.

    python -m recipe.data.prepare --data DATA

DATA holds `train/<source>.jsonl.gz` with one pair a line (query, passage, lang_query,
lang_passage, group, pid) and `dev/`, of which only the queries are read, to keep them out of
training. How many pairs come from which source stands in `mix.toml`. Written for mine.py:

    work/pool.jsonl     stretches of passages: text, language, source, group, pid
    work/pairs.jsonl    query, lang_query, source, held_out; `answers` are the places in the pool
                        of the passage that answers, one list of its stretches for each language
                        in which it is there, and `evidence` the sentence of each that settles
                        the question, null where nobody marked it; `related` are the places that
                        may answer, too

Where `spans/<source>.jsonl.gz` says where the answer stands, only the stretch that holds it counts
as an answer. In the sources of WHOLLY_LOCATED a pair without a span is left out: its passage was
cut before the answer.
"""

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import tomllib

from jingpai.text.passages import split_passages
from recipe.network.inference import ParentTokenizer
from recipe.places import option_parser
from recipe.records import read_records, write_records

MIX = Path(__file__).parent / "mix.toml"
SEED = 17
WHOLLY_LOCATED = {"mlqa_test"}
# Abstracts that support a claim with their results: cut, every other one lost what answers.
UNCUT, UNCUT_TOKENS = {"pubmedqa", "evidence_inference", "scitldr"}, 390
HELD_OUT = 30  # one article in so many is kept for fitting the temperature
COMPANIONS = 0.25  # of the pairs bring another passage of their article into the pool
TRANSLATIONS = 0.5  # of the pairs whose answer is there in a second language take it along
# ParentTokenizer of a stretch. Long ones cost time, but the model will have to read them.
LENGTHS = ((90, 170), (90, 170), (90, 170), (170, 250), (250, 380))


def dev_queries(data: Path) -> set[str]:
    found = set()
    for path in data.glob("dev/*/queries.jsonl.gz"):
        found |= {query["text"].strip() for query in read_records(path)}
    return found


def sample(pairs: list[dict], count: int, *, rng: random.Random) -> list[dict]:
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


def held_out(source: str, group: str) -> bool:
    # The article without its language, so that a translation does not leak.
    name = source + re.sub(r"^[a-z]{2,3}(-[A-Za-z]+)?:", "", group)
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % HELD_OUT == 0


class Spans:
    """Where the answers of a source stand, by question and passage."""

    def __init__(self, source: str, data: Path) -> None:
        path = data / "spans" / f"{source}.jsonl.gz"
        self.is_complete = source in WHOLLY_LOCATED
        self.sentences = {
            (row["query"], row["pid"], row["passage_sha1"]): row["sentence"]
            for row in (read_records(path) if path.exists() else [])
        }

    def sentence(self, pair: dict) -> tuple[int, int] | None:
        """Bounds of the sentence that answers a pair's question, in characters of its passage."""
        digest = hashlib.sha1(pair["passage"].encode(), usedforsecurity=False).hexdigest()
        found = self.sentences.get((pair["query"], pair["pid"], digest))
        return tuple(found) if found else None

    def usable(self, pairs: list[dict]) -> list[dict]:
        """The pairs whose passage holds the answer, as far as that is known."""
        return [pair for pair in pairs if self.sentence(pair)] if self.is_complete else pairs


class Pool:
    """Stretches of passages, each known by its place."""

    def __init__(self, tokenizer: ParentTokenizer, rng: random.Random) -> None:
        self.tokenizer, self.rng = tokenizer, rng
        self.stretches: list[dict] = []
        self.places: dict[tuple[str, str], list[int]] = {}

    def add(self, source: str, pair: dict) -> list[int]:
        """The places of a pair's passage, which enters the pool if it is not there yet."""
        name = (source, pair["pid"])
        if name not in self.places:
            text = pair["passage"]
            limit = self.rng.randint(*self.rng.choice(LENGTHS))
            if source in UNCUT:
                limit = UNCUT_TOKENS
            spans = split_passages(text, count_tokens=self.tokenizer.count, limit=limit, overlap=0)
            first = len(self.stretches)
            self.places[name] = list(range(first, first + len(spans)))
            for span in spans:
                self.stretches.append(
                    {
                        "text": text[span.start : span.end],
                        "language": pair["lang_passage"],
                        "source": source,
                        "group": pair["group"],
                        "pid": pair["pid"],
                        "start": span.start,
                    }
                )
        return self.places[name]

    def answer(self, source: str, pair: dict, *, spans: Spans) -> tuple[list[int], str | None]:
        """The places that may hold a pair's answer, and its sentence where that is known."""
        places, sentence = self.add(source, pair), spans.sentence(pair)
        if sentence:
            start, end = sentence
            for place in places:
                stretch = self.stretches[place]
                begin = start - stretch["start"]
                text = pair["passage"][start:end].strip()
                # Two spellings of a passage share a pid: the text decides.
                if begin >= 0 and text and text in stretch["text"]:
                    return [place], text
        return places, None


class Source:
    """All pairs of one source, with what belongs to what."""

    def __init__(self, name: str, pairs: list[dict]) -> None:
        self.name, self.pairs = name, pairs
        self.by_query: dict[str, list[dict]] = defaultdict(list)
        self.by_article: dict[str, list[dict]] = defaultdict(list)
        self.queries: dict[str, set[str]] = defaultdict(set)
        for pair in pairs:
            self.by_query[pair["query"]].append(pair)
            self.by_article[pair["group"]].append(pair)
            self.queries[pair["pid"]].add(pair["query"])

    def related(self, pair: dict) -> set[str]:
        """Passages that share a question with the pair's, and so may answer its others."""
        return {
            other["pid"] for query in self.queries[pair["pid"]] for other in self.by_query[query]
        }

    def translation(self, pair: dict, rng: random.Random) -> dict | None:
        """A pair with the same query whose passage is in another language."""
        found = [
            other
            for other in self.by_query[pair["query"]]
            if other["lang_passage"] != pair["lang_passage"]
        ]
        return rng.choice(found) if found else None


def collect(
    source: Source, chosen: Iterable[dict], *, spans: Spans, pool: Pool, rng: random.Random
) -> list[dict]:
    """The records of the chosen pairs, their passages added to the pool."""
    records = []
    for pair in chosen:
        answers = [pool.answer(source.name, pair, spans=spans)]
        translation = source.translation(pair, rng) if rng.random() < TRANSLATIONS else None
        if translation:
            answers.append(pool.answer(source.name, translation, spans=spans))
        if rng.random() < COMPANIONS:
            pool.add(source.name, rng.choice(source.by_article[pair["group"]]))
        records.append(
            {
                "query": pair["query"],
                "lang_query": pair["lang_query"],
                "source": source.name,
                "held_out": held_out(source.name, pair["group"]),
                "answers": [places for places, _ in answers],
                "evidence": [sentence for _, sentence in answers],
                "related": sorted(source.related(pair)),
            }
        )
    return records


def main() -> None:
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--mix", type=Path, default=MIX)
    options = parser.parse_args()
    rng = random.Random(SEED)
    pool = Pool(ParentTokenizer(options.work / "base"), rng)
    known = dev_queries(options.data)

    records = []
    for name, counts in tomllib.loads(options.mix.read_text(encoding="utf-8")).items():
        pairs = read_records(options.data / "train" / f"{name}.jsonl.gz")
        spans = Spans(name, options.data)
        pairs = spans.usable([pair for pair in pairs if pair["query"].strip() not in known])
        same = [pair for pair in pairs if pair["lang_query"] == pair["lang_passage"]]
        cross = [pair for pair in pairs if pair["lang_query"] != pair["lang_passage"]]
        chosen = sample(same, counts.get("same", 0), rng=rng)
        chosen += sample(cross, counts.get("cross", 0), rng=rng)
        records += collect(Source(name, pairs), chosen, spans=spans, pool=pool, rng=rng)
        print(f"{name}: {len(chosen)} pairs", flush=True)
    # Known only now: which of the related passages are in the pool.
    for record in records:
        names = [(record["source"], pid) for pid in record["related"]]
        record["related"] = [place for name in names for place in pool.places.get(name, [])]
    write_records(options.work / "pairs.jsonl", records)
    write_records(options.work / "pool.jsonl", pool.stretches)
    print(f"{len(records)} pairs, {len(pool.stretches)} stretches of {len(pool.places)} passages")


if __name__ == "__main__":
    main()
