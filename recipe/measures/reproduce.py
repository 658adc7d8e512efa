"""Does `jingpai eval` find what evaluate.py found?

    python -m recipe.measures.reproduce --data DATA

Hands the candidates of evaluate.py, the parent's best 20 of a sample of queries, to the command as
a TREC run, set by set, and holds its measures beside those of `results/dev.json`. The two share the
engine; files are read, texts joined and measures called by each in its own way. Reads `work/base`
and the vectors in `work/cache`; writes `results/reproduced.json` and `.md`, and goes on where it
stopped.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from jingpai.files.whole import write_text
from jingpai.training.networks.two_segment_files import load
from recipe.data.dev import Candidates, candidates
from recipe.measures.evaluate import DEPTH
from recipe.measures.sets import MEASURES, languages
from recipe.network.inference import ParentTokenizer
from recipe.places import RESULTS, option_parser


def run_eval(folder: Path, asked: list[Candidates]) -> dict[str, dict[str, float]]:
    """The measures of both orders by the command, on the candidates of some queries."""
    with tempfile.TemporaryDirectory() as temporary:
        run, qrels = Path(temporary, "parent.run"), Path(temporary, "qrels.tsv")
        run.write_text(
            "".join(
                f"{case.query_id} Q0 {name} {rank} {cosine!r} parent\n"
                for case in asked
                for rank, (name, cosine) in enumerate(zip(case.ids, case.cosines, strict=True), 1)
            ),
            encoding="utf-8",
        )
        qrels.write_text(
            "query-id\tcorpus-id\tscore\n"
            + "".join(
                f"{case.query_id}\t{name}\t{grade}\n"
                for case in asked
                for name, grade in case.relevant.items()
            ),
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "jingpai", "eval", folder, "--json"]
        command += ["--run", run, "--qrels", qrels]
        done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    found = json.loads(done.stdout)
    orders = {"parent": found["before"], "ours": found["models"][0]}
    return {
        order: {key: said["measures"][name]["mean"] for key, name in MEASURES.items()}
        for order, said in orders.items()
    }


def differences(rows: dict[str, dict], expected: dict[str, dict]) -> dict[str, float]:
    """By order and measure: how far the mean over all sets is off, and the set that is most."""
    found = {}
    for order in ("parent", "ours"):
        for key, name in MEASURES.items():
            off = [rows[set_][order][key] - expected[set_][order][key] for set_ in rows]
            found[f"{order} {name}"] = {
                "mean": round(sum(off) / len(off), 4),
                "largest": round(max(off, key=abs), 4),
            }
    return found


def text(result: dict, expected: dict[str, dict]) -> str:
    lines = [
        "# The development sets by jingpai eval",
        "",
        f"Made by `{result['command']}`: the same candidates as in `dev.md` (its command:",
        f"`{result['of']}`), handed to `jingpai eval` as runs. {len(result['sets'])} sets.",
        "",
        "| order, measure | mean difference to dev.md | largest in a set |",
        "|---|---:|---:|",
    ]
    lines += [
        f"| {name} | {off['mean']:+.4f} | {off['largest']:+.4f} |"
        for name, off in result["differences"].items()
    ]
    lines += [
        "",
        (
            "| set | nDCG@10 of the parent: dev.md | eval | ours: dev.md | eval "
            "| MRR@10 of ours: dev.md | eval |"
        ),
        "|---|" + "---:|" * 6,
    ]
    for name, row in result["sets"].items():
        cells = [
            f"{found[order][key]:.3f}"
            for order, key in (("parent", "ndcg"), ("ours", "ndcg"), ("ours", "mrr"))
            for found in (expected[name], row)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    dev = json.loads((options.results / "dev.json").read_text(encoding="utf-8"))
    settings, path = dev["settings"], options.results / "reproduced.json"
    rows = {}
    if path.exists() and (old := json.loads(path.read_text("utf-8")))["settings"] == settings:
        rows = old["sets"]
    parent, tokenizer = load(options.work / "base"), ParentTokenizer(options.work / "base")
    for name in dev["sets"]:
        if name in rows:
            continue
        is_across = name.startswith("mlqa") and len(set(languages(name))) == 2
        asked = candidates(
            options.data / "dev" / name,
            parent=parent,
            tokenizer=tokenizer,
            queries=settings["across" if is_across else "queries"],
            depth=DEPTH,
            cache=options.work / "cache",
        )
        rows[name] = run_eval(options.data / "dev" / name, asked)
        result = {
            "command": "python -m recipe.measures.reproduce --data DATA",
            "of": dev["command"],
            "settings": settings,
            "differences": differences(rows, dev["sets"]),
            "sets": rows,
        }
        write_text(path, json.dumps(result, indent=1) + "\n")
        write_text(path.with_suffix(".md"), text(result, dev["sets"]))
        print(f"{name}: {rows[name]}", flush=True)


if __name__ == "__main__":
    main()
