"""Score realistic cases: a question, and five passages as the retrieval of a company brings them.

    python -m recipe.measures.realistic
    python -m recipe.measures.realistic --model FOLDER_OR_NAME --failures

Reads `realistic/*.jsonl`: 300 cases in twelve languages that were written last, by writers who had
seen neither the training data nor its kinds of traps: `query`, `lang`, `kind` ("plain", or what
makes it hard in the writer's words), `domain`, `answers` and `wrong`. They are measured with, never
trained on, and chose nothing. A case is won when all its answers score strictly above all others;
a blind order wins some 18 % of them. Scored as a user would, through `jingpai.Reranker`, and beside
it the order of shared words (bm25.py). Writes `results/realistic.json` and `.md`.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

from jingpai import Reranker
from jingpai.files.whole import write_text
from recipe.measures.bm25 import Index
from recipe.measures.weights import of_reranker
from recipe.places import REALISTIC, RESULTS, option_parser
from recipe.records import read_records

ALL = "all"
PLAIN, HARD = "plain", "all others"


@dataclass(frozen=True)
class Case:
    """A question with its passages, the answers first."""

    query: str
    language: str
    kind: str
    passages: list[str]
    answers: int

    def is_won(self, scores: Sequence[float]) -> bool:
        """Every answer stands strictly above every other passage."""
        return min(scores[: self.answers]) > max(scores[self.answers :])


def read_cases(folder: Path) -> list[Case]:
    return [
        Case(
            query=record["query"],
            language=record["lang"],
            kind=record["kind"],
            passages=[*record["answers"], *record["wrong"]],
            answers=len(record["answers"]),
        )
        for path in sorted(folder.glob("*.jsonl"))
        for record in read_records(path)
    ]


def shared_words(cases: Sequence[Case]) -> list[list[float]]:
    """BM25 over all passages of the cases in a language."""
    found: dict[int, list[float]] = {}
    for language in {case.language for case in cases}:
        places = [place for place, case in enumerate(cases) if case.language == language]
        corpus = {
            f"{place}:{number}": text
            for place in places
            for number, text in enumerate(cases[place].passages)
        }
        index = Index(corpus, language)
        for place in places:
            names = [f"{place}:{number}" for number in range(len(cases[place].passages))]
            found[place] = index.scores(cases[place].query, names)
    return [found[place] for place in range(len(cases))]


def rows(cases: Sequence[Case]) -> dict[str, list[int]]:
    """The rows of the table, and the places of their cases."""
    named: dict[str, Callable[[Case], bool]] = {
        ALL: lambda _: True,
        PLAIN: lambda case: case.kind == PLAIN,
        HARD: lambda case: case.kind != PLAIN,
    }
    for language in sorted({case.language for case in cases}):
        named[language] = lambda case, language=language: case.language == language
    return {
        name: [place for place, case in enumerate(cases) if belongs(case)]
        for name, belongs in named.items()
    }


def share(won: Sequence[bool], places: Iterable[int]) -> float:
    values = [won[place] for place in places]
    return round(sum(values) / len(values), 4)


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--model", help="what Reranker() takes: a name, a folder, a repository")
    parser.add_argument("--cases", type=Path, default=REALISTIC)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--failures", action="store_true", help="print the lost cases")
    options = parser.parse_args()

    cases = read_cases(options.cases)
    reranker = Reranker(options.model, scale="logit")
    scores = reranker.score([case.query for case in cases], [case.passages for case in cases])
    orders = {"ours": scores, "bm25": shared_words(cases)}
    won = {
        name: [case.is_won(row) for case, row in zip(cases, found, strict=True)]
        for name, found in orders.items()
    }
    blind = [1 / comb(len(case.passages), case.answers) for case in cases]
    table = {
        name: {
            "cases": len(places),
            "blind": round(sum(blind[place] for place in places) / len(places), 4),
            **{order: share(of, places) for order, of in won.items()},
        }
        for name, places in rows(cases).items()
    }
    lines = ["| cases | number | blind order | BM25 | ours |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name} | {row['cases']} | {row['blind']:.0%} | {row['bm25']:.0%} | {row['ours']:.0%} |"
        for name, row in table.items()
    ]
    print("\n".join(lines))
    if options.failures:
        for case, row, is_won in zip(cases, scores, won["ours"], strict=True):
            if not is_won:
                print(f"\n{case.language}, {case.kind}: {case.query}")
                for number, (score, text) in enumerate(zip(row, case.passages, strict=True)):
                    print(f"  {'right' if number < case.answers else 'wrong'} {score:8.3f}  {text}")
    command = " ".join(["python -m recipe.measures.realistic", *sys.argv[1:]])
    options.out.mkdir(parents=True, exist_ok=True)
    weights = of_reranker(options.model)
    found = json.dumps({"command": command, "weights": weights, "results": table}, indent=1)
    write_text(options.out / "realistic.json", found + "\n")
    heading = ["# Realistic cases", "", f"Made by `{command}`.", ""]
    write_text(options.out / "realistic.md", "\n".join([*heading, *lines, ""]))


if __name__ == "__main__":
    main()
