"""Rerank the parent's best candidates of each development set, and write the table.

    python training/evaluate.py --data DATA --queries 80
    python training/evaluate.py --data DATA --queries 80 --sets 'mlqa-zh-*' 'scifact'
    python training/evaluate.py --data DATA --queries 80 --packaged

Reads `work/model` (finish.py), or with --packaged the int8 graph that the package carries, and
`work/base`; writes `results/dev.json` and `results/dev.md`. Both
orders rank the same candidates, the parent's best 20 of the whole corpus, and are judged against
all relevant passages, so a passage that the parent missed counts against both. Measures come from
ir-measures.
"""

import argparse
import fnmatch
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import ir_measures
import torch
from ir_measures import RR, nDCG

from dev import Candidates, candidates
from inference import Tokens, logits
from jingpai import Reranker
from model import TwoSegmentEncoder, load

HERE = Path(__file__).parent
DEPTH = 20
Scorer = Callable[[list[Candidates]], list[list[float]]]
MEASURES = {"ndcg": nDCG @ 10, "mrr": RR @ 10}


def measure(asked: list[Candidates], scores: list[list[float]]) -> dict[str, float]:
    """Mean nDCG@10 and MRR@10 of one order of the candidates."""
    relevant = {c.query_id: c.relevant for c in asked}
    order = {
        c.query_id: dict(zip(c.ids, row, strict=True)) for c, row in zip(asked, scores, strict=True)
    }
    found = ir_measures.calc_aggregate(list(MEASURES.values()), relevant, order)
    return {name: round(float(found[value]), 4) for name, value in MEASURES.items()}


def rerank(scorer: Scorer, asked: list[Candidates]) -> list[list[float]]:
    """Our scores of the candidates; left in the parent's order where none is relevant.

    Such a query counts nothing in any order, so the time is better spent on others.
    """
    open_cases = [c for c in asked if any(name in c.relevant for name in c.ids)]
    scores = scorer(open_cases)
    ours = {c.query_id: row for c, row in zip(open_cases, scores, strict=True)}
    return [ours.get(c.query_id, c.cosines) for c in asked]


def score_with_torch(
    asked: list[Candidates], *, model: TwoSegmentEncoder, tokens: Tokens
) -> list[list[float]]:
    queries = tokens.queries([c.query for c in asked])
    passages = iter(tokens.passages([text for c in asked for text in c.texts]))
    pairs = [
        (query, next(passages)) for query, c in zip(queries, asked, strict=True) for _ in c.texts
    ]
    values = iter(logits(model, pairs).tolist())
    return [[next(values) for _ in c.texts] for c in asked]


def score_with_package(asked: list[Candidates], *, reranker: Reranker) -> list[list[float]]:
    return reranker.score([c.query for c in asked], [c.texts for c in asked])


def mean(rows: list[dict], order: str, name: str) -> float:
    return sum(row[order][name] for row in rows) / len(rows)


def families(results: dict[str, dict]) -> dict[str, list[dict]]:
    """The sets under the headings that the summary reports."""
    found: dict[str, list[dict]] = {}
    for name, row in results.items():
        if name.startswith("mlqa"):
            _, asks, answers = name.split("-")
            heading = "MLQA, one language" if asks == answers else "MLQA, across languages"
        else:
            heading = "TyDi QA" if name.startswith("tydiqa") else name
        found.setdefault(heading, []).append(row)
    return found


def table(results: dict[str, dict]) -> list[str]:
    lines = [
        "| set | queries | parent nDCG@10 | ours | parent MRR@10 | ours | gain in MRR |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in results.items():
        parent, ours = row["parent"], row["ours"]
        lines.append(
            f"| {name} | {row['queries']} | {parent['ndcg']:.3f} | {ours['ndcg']:.3f} "
            f"| {parent['mrr']:.3f} | {ours['mrr']:.3f} | {ours['mrr'] - parent['mrr']:+.3f} |"
        )
    return lines


def report(results: dict[str, dict], command: str) -> str:
    summary = {
        heading: {
            "queries": sum(row["queries"] for row in rows),
            "parent": {name: mean(rows, "parent", name) for name in MEASURES},
            "ours": {name: mean(rows, "ours", name) for name in MEASURES},
        }
        for heading, rows in families(results).items()
    }
    return "\n".join(
        [
            "# Development sets",
            "",
            f"Made by `{command}`.",
            f"Both columns order the same {DEPTH} candidates, the best of the parent",
            "(multilingual-e5-small from 4-bit blocks). Each set is a sample of queries:",
            "differences under .03 in one row are noise.",
            "",
            *table(summary),
            "",
            "## Every set (MLQA: language of the query, then of the passages)",
            "",
            *table(results),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--queries", type=int, default=80, help="queries a set, a fixed sample")
    parser.add_argument("--across", type=int, help="the same for MLQA's 42 sets across languages")
    parser.add_argument("--packaged", action="store_true", help="score with the package's graph")
    parser.add_argument("--sets", nargs="*", default=["*"], help="patterns of set names")
    options = parser.parse_args()

    parent, tokens = load(options.work / "base"), Tokens(options.work / "base")
    if options.packaged:
        scorer = partial(score_with_package, reranker=Reranker(scale="logit"))
    else:
        scorer = partial(score_with_torch, model=load(options.work / "model"), tokens=tokens)
    torch.manual_seed(0)
    results: dict[str, dict] = {}
    folders = sorted(path for path in (options.data / "dev").iterdir() if path.is_dir())
    for folder in folders:
        if not any(fnmatch.fnmatch(folder.name, pattern) for pattern in options.sets):
            continue
        began = time.monotonic()
        across = folder.name.startswith("mlqa") and len(set(folder.name.split("-")[1:])) > 1
        count = options.across if across and options.across else options.queries
        asked = candidates(
            folder,
            parent,
            tokens,
            queries=count,
            depth=DEPTH,
            cache=options.work / "cache",
        )
        results[folder.name] = {
            "queries": len(asked),
            "parent": measure(asked, [c.cosines for c in asked]),
            "ours": measure(asked, rerank(scorer, asked)),
        }
        print(folder.name, results[folder.name], f"{time.monotonic() - began:.0f} s", flush=True)

    # The path of the data says nothing about the numbers.
    shown = " ".join("DATA" if word == str(options.data) else word for word in sys.argv[1:])
    command = f"python training/evaluate.py {shown}"
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"command": command, "depth": DEPTH, "sets": results}, indent=1)
    (options.out / "dev.json").write_text(text + "\n", encoding="utf-8")
    (options.out / "dev.md").write_text(report(results, command), encoding="utf-8")


if __name__ == "__main__":
    main()
