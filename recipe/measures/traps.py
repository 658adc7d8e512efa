"""Score the trap set: a right passage against three that often share more words with the query.

    python -m recipe.measures.traps
    python -m recipe.measures.traps --model FOLDER_OR_NAME --failures
    python -m recipe.measures.traps --parent

Reads `traps/<language>.toml` and scores it as a user would, through `jingpai.Reranker`: the bundled
model, or with --model another; --parent takes the cosines of the encoder in `work/base` instead. A
case is won when its right passage scores strictly above the other three. Writes
`results/traps.json` and `results/traps.md`, with --parent `results/traps-parent.*`.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import tomllib

from jingpai import Reranker
from jingpai.files.whole import write_text
from jingpai.training.networks.two_segment_files import load
from recipe.network.inference import ParentTokenizer, embed
from recipe.places import RESULTS, TRAPS, option_parser

KINDS = ("entity", "number", "date", "negation", "topic", "echo")
GUESSING = "Always guessing wins 25 %."


@dataclass(frozen=True)
class Case:
    """A query, the one passage that answers it, and passages that only look as if they did."""

    language: str
    kind: str
    query: str
    right: str
    wrong: list[str]
    right_language: str

    @property
    def passages(self) -> list[str]:
        """The right one first."""
        return [self.right, *self.wrong]


@dataclass(frozen=True)
class Result:
    """A case and the scores of its passages, the right one's first."""

    case: Case
    scores: list[float]

    @property
    def won(self) -> bool:
        """The right passage stands strictly above every other."""
        return self.scores[0] > max(self.scores[1:])


def read_cases(folder: Path) -> list[Case]:
    return [
        Case(language=path.stem, **{"right_language": path.stem, **entry})
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    ]


def score_with_package(cases: list[Case], model: str | None) -> list[list[float]]:
    reranker = Reranker(model, scale="logit")
    return reranker.score([case.query for case in cases], [case.passages for case in cases])


def score_with_parent(cases: list[Case], folder: Path) -> list[list[float]]:
    parent, tokenizer = load(folder), ParentTokenizer(folder)
    queries = embed(parent, tokenizer.queries([case.query for case in cases]))
    texts = [text for case in cases for text in case.passages]
    vectors = iter(embed(parent, tokenizer.passages(texts)))
    return [
        [float(query @ next(vectors)) for _ in case.passages]
        for query, case in zip(queries, cases, strict=True)
    ]


def groups(results: list[Result]) -> dict[str, list[Result]]:
    """The rows of the table: each language, the cases across languages, and all."""
    rows: dict[str, list[Result]] = {}
    for result in results:
        rows.setdefault(result.case.language, []).append(result)
    rows["right passage in another language"] = [
        result for result in results if result.case.right_language != result.case.language
    ]
    rows["all"] = results
    return rows


def tally(results: list[Result]) -> dict[str, int]:
    return {"won": sum(result.won for result in results), "cases": len(results)}


def summarise(results: list[Result]) -> dict[str, dict[str, dict[str, int]]]:
    """Cases won and cases in all, for each row of the table and each kind of trap."""
    return {
        name: {
            "all": tally(row),
            **{
                kind: tally([result for result in row if result.case.kind == kind])
                for kind in KINDS
            },
        }
        for name, row in groups(results).items()
    }


def cell(counts: dict[str, int], *, percent: bool) -> str:
    if not counts["cases"]:
        return ""
    if percent:
        return f"{counts['won'] / counts['cases']:.1%}"
    return f"{counts['won']}/{counts['cases']}"


def table(summary: dict[str, dict[str, dict[str, int]]]) -> list[str]:
    lines = [
        f"| language of the query | accuracy | {' | '.join(KINDS)} |",
        "|---" * (2 + len(KINDS)) + "|",
    ]
    for name, row in summary.items():
        kinds = [cell(row[kind], percent=name == "all") for kind in KINDS]
        lines.append(f"| {name} | {cell(row['all'], percent=True)} | {' | '.join(kinds)} |")
    return lines


def report(lines: list[str], *, command: str, scored: str) -> str:
    return "\n".join(
        [
            "# Trap set",
            "",
            f"Made by `{command}`: {scored}.",
            "A case is won when the right passage comes strictly before three wrong ones.",
            f"{GUESSING} With 22 cases a language, one case is 4.5 points.",
            "",
            *lines,
            "",
        ]
    )


def print_lost(results: list[Result]) -> None:
    for result in results:
        if result.won:
            continue
        case, (right, *wrong) = result.case, result.scores
        print(f"\n{case.language}, {case.kind}: {case.query}")
        print(f"  right {right:8.3f}  {case.right}")
        for score, text in zip(wrong, case.wrong, strict=True):
            print(f"  {'above' if score >= right else 'below'} {score:8.3f}  {text}")


def main() -> None:
    parser = option_parser(__doc__, work=True)
    scorer = parser.add_mutually_exclusive_group()
    scorer.add_argument("--model", help="what Reranker() takes: a name, a folder, a repository")
    scorer.add_argument("--parent", action="store_true", help="the base encoder's cosines")
    parser.add_argument("--cases", type=Path, default=TRAPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--failures", action="store_true", help="print the lost cases")
    options = parser.parse_args()

    cases = read_cases(options.cases)
    if options.parent:
        scored, rows = "the base encoder", score_with_parent(cases, options.work / "base")
    else:
        scored = f"`{options.model}`" if options.model else "the bundled model"
        rows = score_with_package(cases, options.model)
    results = [Result(case, row) for case, row in zip(cases, rows, strict=True)]
    summary = summarise(results)
    lines = table(summary)
    print("\n".join([*lines, GUESSING]))
    if options.failures:
        print_lost(results)

    command = " ".join(["python -m recipe.measures.traps", *sys.argv[1:]])
    name = "traps-parent" if options.parent else "traps"
    options.out.mkdir(parents=True, exist_ok=True)
    found = json.dumps({"command": command, "guessing": 0.25, "results": summary}, indent=1)
    write_text(options.out / f"{name}.json", found + "\n")
    write_text(options.out / f"{name}.md", report(lines, command=command, scored=scored))


if __name__ == "__main__":
    main()
