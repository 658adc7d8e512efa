"""Can a ranking say that nothing in it is relevant? The threshold to advise, and what it costs.

    python -m recipe.measures.refusal

Reads the scores that evaluate.py left in `results/scores` of the development sets. Each query
counts twice: with its answers among the candidates, where the best answer's score should reach the
threshold, and with the answers taken out, where the best score that is left should not. The hard
negatives of the second kind are those that the parent finds nearest in the whole corpus, so some of
them are answers that nobody marked. Half of the queries (by a hash of their id) choose the advised
threshold, the other half say what it is worth. Writes `results/refusal.json` and `.md`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from jingpai.files.whole import write_text
from recipe.measures.sets import FAMILIES, family
from recipe.measures.weights import GRAPH_WEIGHTS, fingerprint
from recipe.places import BUNDLED, RESULTS, option_parser

LEAST_KEPT = 0.9
THRESHOLDS = [number / 20 for number in range(1, 20)]


@dataclass(frozen=True)
class Asked:
    """The best scores of a query's candidates, 0 to 1."""

    family: str
    answer: float
    other: float
    chooses: bool


def probability(logit: float) -> float:
    return 1 / (1 + exp(-logit))


def read_asked(folder: Path, weights: str) -> list[Asked]:
    found = []
    for path in sorted(folder.glob("*.json")):
        scored_set = json.loads(path.read_text(encoding="utf-8"))
        if scored_set["settings"]["weights"] != weights:
            continue
        for query in scored_set["queries"]:
            if "scores" not in query:
                continue
            scored = list(zip(query["scores"]["ours"], query["relevant"], strict=True))
            answers = [logit for logit, is_relevant in scored if is_relevant]
            others = [logit for logit, is_relevant in scored if not is_relevant]
            digest = hashlib.sha256(query["id"].encode()).digest()
            if answers and others:
                found.append(
                    Asked(
                        family=family(path.stem),
                        answer=probability(max(answers)),
                        other=probability(max(others)),
                        chooses=digest[0] % 2 == 0,
                    )
                )
    if not found:
        raise SystemExit(
            f"{folder} has no scores of these weights ({weights});"
            " python -m recipe.measures.evaluate writes them"
        )
    return found


def kept_and_refused(asked: Sequence[Asked], threshold: float) -> dict[str, float]:
    """Share of queries whose answer reaches a threshold, and of those that nothing else does."""
    return {
        "kept": round(sum(query.answer >= threshold for query in asked) / len(asked), 4),
        "refused": round(sum(query.other < threshold for query in asked) / len(asked), 4),
    }


def advised(asked: Sequence[Asked]) -> float:
    """The highest threshold that keeps enough answers."""
    return max(
        (each for each in THRESHOLDS if kept_and_refused(asked, each)["kept"] >= LEAST_KEPT),
        default=THRESHOLDS[0],
    )


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--out", type=Path, default=RESULTS, help="has scores/, too")
    parser.add_argument("--package", type=Path, default=BUNDLED, help="folder of the int8 graph")
    options = parser.parse_args()
    weights = fingerprint(options.package / GRAPH_WEIGHTS)
    asked = read_asked(options.out / "scores", weights)
    threshold = advised([query for query in asked if query.chooses])
    judged = [query for query in asked if not query.chooses]
    families = {
        name: [query for query in judged if query.family == name]
        for name in FAMILIES
        if any(query.family == name for query in judged)
    }
    result = {
        "command": "python -m recipe.measures.refusal",
        "weights": weights,
        "advised": threshold,
        "queries": len(judged),
        "curve": {str(each): kept_and_refused(judged, each) for each in THRESHOLDS},
        "families": {name: kept_and_refused(of, threshold) for name, of in families.items()},
    }
    write_text(options.out / "refusal.json", json.dumps(result, indent=1) + "\n")
    lines = [
        "# Nothing relevant",
        "",
        f"Made by `{result['command']}`. Advised threshold: {threshold}, chosen on one half of the",
        f"queries of the development sets and measured on the other ({len(judged)} queries).",
        "",
        "| threshold | queries whose answer reaches it | queries refused without their answer |",
        "|---:|---:|---:|",
        *(
            f"| {name}{' (advised)' if float(name) == threshold else ''} "
            f"| {row['kept']:.1%} | {row['refused']:.1%} |"
            for name, row in result["curve"].items()
        ),
        "",
        f"| sets, at {threshold} | kept | refused |",
        "|---|---:|---:|",
        *(
            f"| {name} | {row['kept']:.1%} | {row['refused']:.1%} |"
            for name, row in result["families"].items()
        ),
        "",
    ]
    write_text(options.out / "refusal.md", "\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
