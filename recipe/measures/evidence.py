"""Does the evidence lie where people marked the answer, and what does pruning by it keep?

    python -m recipe.measures.evidence --data DATA

Reads the passages that answer the questions of the development sets, and where the answer stands in
them (DATA/dev_spans). For each passage of two sentences or more, three orders of its sentences: by
the model's evidence, one pass for the whole passage; by scoring each sentence alone, as `explain`
does; and by the words that it shares with the question (bm25.py). Found is an answer that lies, if
only in part, in the first sentence of an order; of several that annotators gave, one is enough.

Pruning keeps the sentences whose evidence reaches a threshold: the curve shows the share of answers
that stay whole, and of the text, over passages of LONG sentences or more. Writes
`results/evidence.json` and `.md`.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jingpai import Reranker
from jingpai.files.whole import write_text
from jingpai.text.sentences import split_sentences
from recipe.measures.bm25 import tokenize
from recipe.measures.development.goals import LEAST_KEPT, least_text
from recipe.measures.sets import languages
from recipe.measures.weights import of_reranker
from recipe.places import RESULTS, option_parser
from recipe.records import read_records

SEED = 3
LONG = 5  # sentences
THRESHOLDS = [number / 50 for number in range(1, 50)]
ORDERS = ("evidence", "alone", "words")


@dataclass(frozen=True)
class Passage:
    """A passage that answers a question, its sentences and where the answer stands."""

    query: str
    text: str
    language: str
    answers: list[tuple[int, int]]
    sentences: list[tuple[int, int]]

    def holds(self, place: int) -> bool:
        """Whether a sentence holds an answer, if only in part."""
        start, end = self.sentences[place]
        return any(first < end and start < last for first, last in self.answers)

    def keeps(self, kept: Sequence[bool]) -> bool:
        """Whether all sentences of some answer are kept."""
        return any(
            all(
                is_kept
                for (start, end), is_kept in zip(self.sentences, kept, strict=True)
                if first < end and start < last
            )
            for first, last in self.answers
        )


def read_passages(data: Path, name: str, *, count: int) -> list[Passage]:
    """Some passages of a set that have two sentences or more."""
    folder = data / "dev" / name
    corpus = {record["_id"]: record["text"] for record in read_records(folder / "corpus.jsonl.gz")}
    asked = {record["_id"]: record["text"] for record in read_records(folder / "queries.jsonl.gz")}
    rows = read_records(data / "dev_spans" / f"{name}.jsonl.gz")
    random.Random(SEED).shuffle(rows)
    found: list[Passage] = []
    for row in rows:
        text = corpus[row["doc_id"]]
        sentences = [(span.start, span.end) for span in split_sentences(text)]
        if len(sentences) > 1 and len(found) < count and row["query_id"] in asked:
            answers = [(start, end) for start, end in row["answers"]]
            language = languages(name)[1]
            found.append(Passage(asked[row["query_id"]], text, language, answers, sentences))
    return found


def by_evidence(reranker: Reranker, passage: Passage) -> list[float]:
    (spans,) = reranker.evidence(passage.query, [passage.text])
    scores = {span.start: span.score for span in spans}
    return [scores.get(start, 0.0) for start, _ in passage.sentences]


def alone(reranker: Reranker, passage: Passage) -> list[float]:
    return reranker.score(passage.query, [passage.text[a:b] for a, b in passage.sentences])


def by_words(_: Reranker, passage: Passage) -> list[float]:
    asked = set(tokenize(passage.query, passage.language))
    return [
        float(len(asked & set(tokenize(passage.text[a:b], passage.language))))
        for a, b in passage.sentences
    ]


SCORERS: dict[str, Callable[[Reranker, Passage], list[float]]] = {
    "evidence": by_evidence,
    "alone": alone,
    "words": by_words,
}


def found_first(passage: Passage, scores: Sequence[float]) -> float:
    """1 where the best sentence holds the answer; of several best ones, one is drawn."""
    best = [place for place, score in enumerate(scores) if score == max(scores)]
    return sum(passage.holds(place) for place in best) / len(best)


def pruned(
    passages: Sequence[Passage], scores: Sequence[Sequence[float]], threshold: float
) -> dict[str, float]:
    """Share of answers kept whole, and of the text, at a threshold."""
    answers, kept_text, text = 0, 0, 0
    for passage, row in zip(passages, scores, strict=True):
        kept = [score >= threshold for score in row]
        answers += passage.keeps(kept)
        lengths = [end - start for start, end in passage.sentences]
        kept_text += sum(length for length, is_kept in zip(lengths, kept, strict=True) if is_kept)
        text += sum(lengths)
    return {"answers": round(answers / len(passages), 4), "text": round(kept_text / text, 4)}


def main() -> None:
    parser = option_parser(__doc__, data=True)
    parser.add_argument("--model", help="what Reranker() takes: a name, a folder, a repository")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--same", type=int, default=60, help="passages of a set in one language")
    parser.add_argument("--across", type=int, default=15, help="of a set across languages")
    options = parser.parse_args()

    reranker = Reranker(options.model)
    sets: dict[str, dict[str, float]] = {}
    long: list[tuple[Passage, list[float]]] = []
    for path in sorted((options.data / "dev_spans").glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        count = options.same if len(set(languages(name))) == 1 else options.across
        passages = read_passages(options.data, name, count=count)
        scores = {
            order: [scorer(reranker, passage) for passage in passages]
            for order, scorer in SCORERS.items()
        }
        sets[name] = {"passages": len(passages)} | {
            order: round(
                sum(map(found_first, passages, scores[order])) / len(passages),
                4,
            )
            for order in ORDERS
        }
        long += [
            (passage, row)
            for passage, row in zip(passages, scores["evidence"], strict=True)
            if len(passage.sentences) >= LONG
        ]
        print(name, sets[name], flush=True)

    curve = {
        str(threshold): pruned(*zip(*long, strict=True), threshold) for threshold in THRESHOLDS
    }
    rows = grouped(sets)
    result = {
        "command": "python -m recipe.measures.evidence --data DATA",
        "weights": of_reranker(options.model),
        "groups": rows,
        "sets": sets,
        "long": {"passages": len(long), "sentences": LONG, "curve": curve},
    }
    write_text(options.out / "evidence.json", json.dumps(result, indent=1) + "\n")
    write_text(options.out / "evidence.md", text_of(result))
    print(text_of(result))


def grouped(sets: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Means over sets: all, within and across languages, and by the language of the passage."""
    same = [name for name in sets if len(set(languages(name))) == 1]
    groups = {
        "all": list(sets),
        "one language": same,
        "across languages": [name for name in sets if name not in same],
    }
    for language in sorted({languages(name)[1] for name in same}):
        groups[language] = [name for name in same if languages(name)[1] == language]
    return {
        group: {"sets": len(names)}
        | {
            order: round(sum(sets[name][order] for name in names) / len(names), 4)
            for order in ORDERS
        }
        for group, names in groups.items()
        if names
    }


def text_of(result: dict) -> str:
    long = result["long"]
    least = least_text(long["curve"])
    lines = [
        "# Evidence",
        "",
        f"Made by `{result['command']}`: share of the passages whose first sentence,",
        "in each order, holds the answer. Every set weighs the same.",
        "",
        "| sets | number | by the evidence | sentences scored alone | shared words |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {row['sets']} "
            f"| {row['evidence']:.1%} | {row['alone']:.1%} | {row['words']:.1%} |"
            for name, row in result["groups"].items()
        ),
        "",
        f"## Pruning: {long['passages']} passages of {long['sentences']} sentences or more",
        "",
        f"{LEAST_KEPT:.0%} of the answers are kept with {least:.1%} of the text.",
        "",
        "| threshold | answers kept | text kept |",
        "|---:|---:|---:|",
        *(
            f"| {threshold} | {row['answers']:.1%} | {row['text']:.1%} |"
            for threshold, row in long["curve"].items()
            if float(threshold) * 100 % 4 == 0
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
