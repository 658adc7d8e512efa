"""Rerank the parent's best candidates of each development set, and write the table.

    python recipe/evaluate.py --data DATA --against fp32
    python recipe/evaluate.py --data DATA --against fp32 --resume     # after an interruption
    python recipe/evaluate.py --data DATA --sets 'mlqa-zh-*' scifact --out /tmp/trial

Three orders of the same candidates, the parent's best 20 of the whole corpus: the parent's own,
BM25's (bm25.py) and ours. All are judged against all relevant passages, so a passage that the
parent missed counts against each. A query with no relevant candidate is 0 in every order and is not
scored. Measures come from ir-measures; equal scores stand in its order, which is that of the ids.

Reads `work/base` and the model in one of its forms (scorers.py); with --against, a second form
scores some of the same candidates, to show what its precision costs or brings. After each set
these are written to `results/`:

    scores/<set>.json   every score and measure, for --resume and for calibrate.py; not in git
    dev.json, dev.md    the tables, made of them by report.py
"""

import argparse
import fnmatch
import json
import time
from collections.abc import Sequence
from pathlib import Path

import ir_measures
import torch
from ir_measures import RR, nDCG

import report
from bm25 import Index
from dev import Candidates, candidates, read_corpus
from inference import Tokens
from model import TwoSegmentEncoder, load
from scorers import BUNDLED, FORMS, Scorer, find, open_scorer

HERE = Path(__file__).parent
DEPTH = 20
MEASURES = {"ndcg": nDCG @ 10, "mrr": RR @ 10}


def measure(
    asked: Sequence[Candidates], scores: Sequence[Sequence[float]]
) -> dict[str, dict[str, float]]:
    """Each query's nDCG@10 and MRR@10 in one order of its candidates."""
    relevant = {c.query_id: c.relevant for c in asked}
    order = {
        c.query_id: dict(zip(c.ids, row, strict=True)) for c, row in zip(asked, scores, strict=True)
    }
    names = {value: name for name, value in MEASURES.items()}
    found: dict[str, dict[str, float]] = {c.query_id: {} for c in asked}
    for one in ir_measures.iter_calc(list(names), relevant, order):
        found[one.query_id][names[one.measure]] = round(one.value, 4)
    return found


def evaluate(
    asked: list[Candidates], index: Index, scorers: dict[str, tuple[Scorer, int | None]]
) -> list[dict]:
    """What scores/<set>.json holds of each query; each scorer with how many queries it scores."""
    reachable = [c for c in asked if any(c.relevant.get(name) for name in c.ids)]
    found_for = {c.query_id for c in reachable}
    orders = {
        "parent": [c.cosines for c in reachable],
        "bm25": [index.scores(c.query, c.ids) for c in reachable],
    }
    for name, (scorer, count) in scorers.items():
        some = reachable[:count]
        orders[name] = scorer([c.query for c in some], [c.texts for c in some])
    measures = {
        name: measure(reachable[: len(scores)], scores) for name, scores in orders.items() if scores
    }
    return [
        {
            "id": c.query_id,
            "relevant": [int(c.relevant.get(name, 0) > 0) for name in c.ids],
            "scores": {
                name: [round(value, 4) for value in scores[place]]
                for name, scores in orders.items()
                if place < len(scores)
            },
            "measures": {
                name: found[c.query_id] for name, found in measures.items() if c.query_id in found
            },
        }
        for place, c in enumerate(reachable)
    ] + [{"id": name} for name in (c.query_id for c in asked) if name not in found_for]


def evaluate_set(
    folder: Path,
    parent: TwoSegmentEncoder,
    tokens: Tokens,
    *,
    settings: dict,
    scorers: dict[str, tuple[Scorer, int | None]],
    cache: Path,
) -> dict:
    """The content of scores/<set>.json."""
    queries, passages = report.languages(folder.name)
    asked = candidates(
        folder,
        parent,
        tokens,
        queries=settings["queries" if queries == passages else "across"],
        depth=DEPTH,
        cache=cache,
    )
    index = Index(read_corpus(folder), passages)
    return {"settings": settings, "queries": evaluate(asked, index, scorers)}


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--model", choices=FORMS, default="packaged")
    parser.add_argument("--package", type=Path, default=BUNDLED, help="folder of the int8 graph")
    parser.add_argument("--against", choices=FORMS, help="a second form, on the same candidates")
    parser.add_argument("--queries", type=int, default=60, help="queries a set, a fixed sample")
    parser.add_argument(
        "--across", type=int, default=40, help="the same for MLQA's 42 sets across languages"
    )
    parser.add_argument(
        "--against-queries", type=int, default=10, help="queries a set for the second form"
    )
    parser.add_argument("--sets", nargs="*", default=["*"], help="patterns of set names")
    parser.add_argument("--resume", action="store_true", help="keep the sets that are done")
    return parser.parse_args()


def read_settings(options: argparse.Namespace) -> dict:
    """All that the numbers depend on; a set done with others is done again."""
    settings = {
        "model": options.model,
        "weights": report.fingerprint(find(options.model, options.work, options.package)),
        "depth": DEPTH,
        "queries": options.queries,
        "across": options.across,
    }
    if options.against:
        settings |= {
            "against": options.against,
            "against_weights": report.fingerprint(
                find(options.against, options.work, options.package)
            ),
            "against_queries": options.against_queries,
        }
    return settings


def main() -> None:
    options = read_options()
    settings = read_settings(options)
    folders = [
        path
        for path in sorted((options.data / "dev").iterdir())
        if path.is_dir() and any(fnmatch.fnmatch(path.name, one) for one in options.sets)
    ]
    if not folders:
        raise SystemExit(f"no set in {options.data / 'dev'} is called {' or '.join(options.sets)}")
    torch.manual_seed(0)
    parent, tokens = load(options.work / "base"), Tokens(options.work / "base")
    scorers: dict[str, tuple[Scorer, int | None]] = {}
    for name, form, count in (
        ("ours", options.model, None),
        ("against", options.against, options.against_queries),
    ):
        if form:
            weights = find(form, options.work, options.package)
            scorers[name] = (open_scorer(form, weights), count)

    scores = options.out / "scores"
    scores.mkdir(parents=True, exist_ok=True)
    done = report.read_scores(scores, settings) if options.resume else {}
    for folder in folders:
        if folder.name in done:
            continue
        began = time.monotonic()
        done[folder.name] = evaluate_set(
            folder,
            parent,
            tokens,
            settings=settings,
            scorers=scorers,
            cache=options.work / "cache",
        )
        report.write_whole(scores / f"{folder.name}.json", json.dumps(done[folder.name]))
        found = report.write(options.out, done)["sets"][folder.name]
        shown = " ".join(f"{name} {found[name]['mrr']:.3f}" for name in report.ORDERS)
        print(f"{folder.name}: MRR@10 {shown}, {time.monotonic() - began:.0f} s", flush=True)
    report.write(options.out, done)


if __name__ == "__main__":
    main()
