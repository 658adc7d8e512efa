"""Rerank the parent's best candidates of each development set, and write the table.

    python -m recipe.measures.evaluate --data DATA --against fp32
    python -m recipe.measures.evaluate --data DATA --against fp32 --resume   # goes on
    python -m recipe.measures.evaluate --data DATA --sets 'mlqa-zh-*' scifact --out /tmp/trial

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

from jingpai.files.whole import write_text
from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load
from recipe.data.dev import Candidates, candidates, open_cases, read_corpus
from recipe.measures.bm25 import Index
from recipe.measures.development import report
from recipe.measures.scorers import Scorer, open_scorer
from recipe.measures.sets import ORDERS, languages
from recipe.measures.weights import FORMS, find, fingerprint
from recipe.network.inference import ParentTokenizer
from recipe.places import BUNDLED, RESULTS, option_parser

DEPTH = 20
MEASURES = {"ndcg": nDCG @ 10, "mrr": RR @ 10}


def measure(
    asked: Sequence[Candidates], scores: Sequence[Sequence[float]]
) -> dict[str, dict[str, float]]:
    """Each query's nDCG@10 and MRR@10 in one order of its candidates."""
    relevant = {case.query_id: case.relevant for case in asked}
    order = {
        case.query_id: dict(zip(case.ids, row, strict=True))
        for case, row in zip(asked, scores, strict=True)
    }
    names = {value: name for name, value in MEASURES.items()}
    found: dict[str, dict[str, float]] = {case.query_id: {} for case in asked}
    for result in ir_measures.iter_calc(list(names), relevant, order):
        found[result.query_id][names[result.measure]] = round(result.value, 4)
    return found


def evaluate(
    asked: list[Candidates], index: Index, *, scorers: dict[str, tuple[Scorer, int | None]]
) -> list[dict]:
    """What scores/<set>.json holds of each query; each scorer with how many queries it scores."""
    reachable = open_cases(asked)
    found_for = {case.query_id for case in reachable}
    orders = {
        "parent": [case.cosines for case in reachable],
        "bm25": [index.scores(case.query, case.ids) for case in reachable],
    }
    for name, (scorer, count) in scorers.items():
        some = reachable[:count]
        orders[name] = scorer([case.query for case in some], [case.texts for case in some])
    measures = {
        name: measure(reachable[: len(scores)], scores) for name, scores in orders.items() if scores
    }
    return [
        {
            "id": case.query_id,
            "relevant": [int(case.relevant.get(name, 0) > 0) for name in case.ids],
            "scores": {
                name: [round(value, 4) for value in scores[place]]
                for name, scores in orders.items()
                if place < len(scores)
            },
            "measures": {
                name: found[case.query_id]
                for name, found in measures.items()
                if case.query_id in found
            },
        }
        for place, case in enumerate(reachable)
    ] + [{"id": case.query_id} for case in asked if case.query_id not in found_for]


def evaluate_set(
    folder: Path,
    *,
    parent: TwoSegmentEncoder,
    tokenizer: ParentTokenizer,
    settings: dict,
    scorers: dict[str, tuple[Scorer, int | None]],
    cache: Path,
) -> dict:
    """The content of scores/<set>.json."""
    queries, passages = languages(folder.name)
    asked = candidates(
        folder,
        parent=parent,
        tokenizer=tokenizer,
        queries=settings["queries" if queries == passages else "across"],
        depth=DEPTH,
        cache=cache,
    )
    index = Index(read_corpus(folder), passages)
    return {"settings": settings, "queries": evaluate(asked, index, scorers=scorers)}


def read_options() -> argparse.Namespace:
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--model", choices=FORMS, default="packaged")
    parser.add_argument("--package", type=Path, default=BUNDLED, help="folder of the int8 graph")
    parser.add_argument("--against", choices=FORMS, help="a second form, on the same candidates")
    parser.add_argument("--queries", type=int, default=60, help="queries a set, a fixed sample")
    parser.add_argument(
        "--across", type=int, default=60, help="the same for MLQA's 42 sets across languages"
    )
    parser.add_argument(
        "--against-queries", type=int, default=4, help="queries a set for the second form"
    )
    parser.add_argument("--sets", nargs="*", default=["*"], help="patterns of set names")
    parser.add_argument("--resume", action="store_true", help="keep the sets that are done")
    return parser.parse_args()


def read_settings(options: argparse.Namespace) -> dict:
    """All that the numbers depend on; a set done with others is done again."""
    settings = {
        "model": options.model,
        "weights": fingerprint(find(options.model, work=options.work, package=options.package)),
        "depth": DEPTH,
        "queries": options.queries,
        "across": options.across,
    }
    if options.against:
        settings |= {
            "against": options.against,
            "against_weights": fingerprint(
                find(options.against, work=options.work, package=options.package)
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
        if path.is_dir() and any(fnmatch.fnmatch(path.name, pattern) for pattern in options.sets)
    ]
    if not folders:
        raise SystemExit(f"no set in {options.data / 'dev'} is called {' or '.join(options.sets)}")
    torch.manual_seed(0)
    parent, tokenizer = load(options.work / "base"), ParentTokenizer(options.work / "base")
    scorers: dict[str, tuple[Scorer, int | None]] = {}
    for name, form, count in (
        ("ours", options.model, None),
        ("against", options.against, options.against_queries),
    ):
        if form:
            weights = find(form, work=options.work, package=options.package)
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
            parent=parent,
            tokenizer=tokenizer,
            settings=settings,
            scorers=scorers,
            cache=options.work / "cache",
        )
        write_text(scores / f"{folder.name}.json", json.dumps(done[folder.name]))
        found = report.write(options.out, done)["sets"][folder.name]
        shown = " ".join(f"{name} {found[name]['mrr']:.3f}" for name in ORDERS)
        print(f"{folder.name}: MRR@10 {shown}, {time.monotonic() - began:.0f} s", flush=True)
    report.write(options.out, done)


if __name__ == "__main__":
    main()
