"""Does a score of 0.8 mean 8 in 10? And does a pair score the same in every language?

    python recipe/calibrate.py --data DATA

Reads the held-out groups of `work/groups.jsonl`, the scores that evaluate.py left in
`results/scores`, and MLQA's development sets; writes `results/calibration.json` and `.md`. The two
numbers that set the scale are fitted by finish.py on the held-out groups and folded into the head,
so they travel in the weights, and every logit of the shipped model is on the fitted scale. "Before"
undoes them.

A probability holds at one prevalence only. Here it is one half: relevant and irrelevant pairs weigh
the same in the fit and in every number, however many negatives we chose to mine. Where a share p of
the pairs is relevant, add log(p / (1 - p)) to the logit; the line "as found" does so.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report import family, fingerprint, languages, write_whole
from scorers import BUNDLED, FORMS, Scorer, find, open_scorer
from translations import logistic, translations

HERE = Path(__file__).parent
BINS = 15


@dataclass(frozen=True)
class Pairs:
    """Scored pairs: what the model says of each, whether it is relevant, and how much it counts.

    `labels` are 0 and 1. The weights of all pairs sum to 1; within a source, which is a development
    set or the held-out groups, both sides weigh the same, and so do all sources.
    """

    logits: np.ndarray
    labels: np.ndarray
    sources: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """How much each pair counts."""
        weights = np.zeros(len(self.labels))
        for source in np.unique(self.sources):
            for side in (0, 1):
                here = (self.sources == source) & (self.labels == side)
                weights[here] = 1 / max(here.sum(), 1)
        return weights / weights.sum()

    def where(self, chosen: np.ndarray) -> "Pairs":
        """Some of the pairs, weighed anew."""
        return Pairs(self.logits[chosen], self.labels[chosen], self.sources[chosen])


def reliability(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> list[dict]:
    """Bins of equal weight from the lowest scores to the highest: what they say, and what is so."""
    order = np.argsort(scores, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2
    bins = np.minimum((middle * BINS).astype(int), BINS - 1)
    table = []
    for number in np.unique(bins):
        chosen = order[bins == number]
        weight = weights[chosen].sum()
        table.append(
            {
                "pairs": len(chosen),
                "weight": round(float(weight), 4),
                "from": round(float(scores[chosen[0]]), 4),
                "to": round(float(scores[chosen[-1]]), 4),
                "score": round(float(scores[chosen] @ weights[chosen] / weight), 4),
                "relevant": round(float(labels[chosen] @ weights[chosen] / weight), 4),
            }
        )
    return table


def calibration_error(table: list[dict]) -> float:
    """Expected calibration error: how far the bins are off, on average."""
    return round(sum(row["weight"] * abs(row["score"] - row["relevant"]) for row in table), 4)


def accuracy(pairs: Pairs) -> float:
    """Share that 0.5 puts on the right side, both sides weighing the same."""
    right = (pairs.logits > 0) == (pairs.labels == 1)
    return round(float(right @ pairs.weights), 4)


def describe(pairs: Pairs, *, slope: float, shift: float) -> dict:
    """All about one collection of pairs; `slope` and `shift` are those of the fit."""
    before = Pairs((pairs.logits - shift) / slope, pairs.labels, pairs.sources)
    table = reliability(logistic(pairs.logits), pairs.labels, pairs.weights)
    prevalence = pairs.labels.mean()
    even = np.full(len(pairs.labels), 1 / len(pairs.labels))
    shifted = pairs.logits + np.log(prevalence / (1 - prevalence))
    as_found = reliability(logistic(shifted), pairs.labels, even)
    return {
        "pairs": len(pairs.labels),
        "relevant": int(pairs.labels.sum()),
        "before": {
            "error": calibration_error(
                reliability(logistic(before.logits), before.labels, before.weights)
            ),
            "accuracy": accuracy(before),
        },
        "after": {"error": calibration_error(table), "accuracy": accuracy(pairs)},
        "as_found": {
            "prevalence": round(float(prevalence), 4),
            "error": calibration_error(as_found),
        },
        "table": table,
    }


def part(pairs: Pairs) -> dict:
    """A line on some of the pairs."""
    scores = logistic(pairs.logits)
    return {
        "pairs": len(pairs.labels),
        "relevant": round(float(scores[pairs.labels == 1].mean()), 4),
        "irrelevant": round(float(scores[pairs.labels == 0].mean()), 4),
        "accuracy": accuracy(pairs),
    }


def held_out_pairs(path: Path, scorer: Scorer, limit: int | None) -> Pairs:
    with path.open(encoding="utf-8") as lines:
        groups = [group for group in map(json.loads, lines) if group["held_out"]][:limit]
    if not groups:
        raise SystemExit(f"{path} has no held-out groups; recipe/mine.py writes them")
    logits = scorer([g["query"] for g in groups], [g["passages"] for g in groups])
    labels = np.array([kind == "answer" for g in groups for kind in g["kinds"]], float)
    return Pairs(np.concatenate(logits), labels, np.zeros(len(labels)))


def dev_pairs(folder: Path, weights: str) -> tuple[Pairs, list[str]]:
    """Our scores of the development sets' candidates, and the names of the sets."""
    logits, labels, sources, names = [], [], [], []
    for path in sorted(folder.glob("*.json")):
        one = json.loads(path.read_text(encoding="utf-8"))
        if one["settings"]["weights"] != weights:
            continue
        for query in one["queries"]:
            if "scores" in query:
                logits += query["scores"]["ours"]
                labels += query["relevant"]
                sources += [len(names)] * len(query["relevant"])
        names.append(path.stem)
    if not labels:
        raise SystemExit(
            f"{folder} has no scores of these weights ({weights}); recipe/evaluate.py writes them"
        )
    return Pairs(np.array(logits), np.array(labels, float), np.array(sources)), names


def text(result: dict) -> str:
    scale, found = result["scale"], result["translations"]
    lines = [
        "# Calibration",
        "",
        f"Made by `{result['command']}`. Weights {result['weights']} ({result['model']}).",
        "",
        f"The scale is logit = {scale['slope']:.3f} x raw {scale['shift']:+.3f}, fitted on the",
        "held-out groups by finish.py and folded into the head: it ships in the weights, and",
        "nothing is added at inference. Two numbers fitted on these pairs flatter them little; the",
        "development sets had no part in the fit.",
        "",
        "Relevant and irrelevant pairs weigh the same, in the fit and below: a score is the share",
        "of relevant pairs where half are. The negatives are hard ones. Where a share p of the",
        "pairs is relevant, add log(p / (1 - p)) to the logit. `as found` has done so with the",
        f"share that is there. The error is the expected calibration error over {BINS} bins of",
        "equal weight; right is what 0.5 puts on the right side.",
        "",
        "| pairs | number | relevant | error before | after | as found | right before | after |",
        "|---|" + "---:|" * 7,
    ]
    for name in ("held_out", "dev"):
        row = result[name]
        before, after = row["before"], row["after"]
        lines.append(
            f"| {name.replace('_', '-')} | {row['pairs']} | {row['relevant']} "
            f"| {before['error']:.3f} | {after['error']:.3f} | {row['as_found']['error']:.3f} "
            f"| {before['accuracy']:.1%} | {after['accuracy']:.1%} |"
        )
    for name in ("held_out", "dev"):
        lines += [
            "",
            f"## Reliability, {name.replace('_', '-')}",
            "",
            "| scores | pairs | mean score | relevant |",
            "|---|---:|---:|---:|",
        ]
        lines += [
            f"| {row['from']:.3f} to {row['to']:.3f} | {row['pairs']} | {row['score']:.3f} "
            f"| {row['relevant']:.3f} |"
            for row in result[name]["table"]
        ]
    for name, heading in (("families", "family"), ("languages", "language of the passage")):
        lines += [
            "",
            f"## Development sets by {heading}",
            "",
            f"| {heading} | pairs | mean score, relevant | irrelevant | right at 0.5 |",
            "|---|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {key} | {row['pairs']} | {row['relevant']:.3f} | {row['irrelevant']:.3f} "
            f"| {row['accuracy']:.1%} |"
            for key, row in result["dev"][name].items()
        ]
    lines += [
        "",
        "## One pair in many languages",
        "",
        f"{found['questions']} questions of MLQA with the passages that answer them, each in all",
        f"languages that it is in: {found['pairs']} relevant pairs. Mean standard deviation over",
        "the translations of a pair; the passages share the sentence with the answer, not every",
        "word.",
        "",
        "| | both change | only the query | only the passage | over all pairs |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {found[name]['both']:.3f} | {found[name]['query']:.3f} "
            f"| {found[name]['passage']:.3f} | {found['all_pairs'][name]:.3f} |"
            for name in ("score", "logit")
        ),
        "",
        "Mean score where query and passage share a language, and where they do not:",
        f"{found['mean_score']['one_language']:.3f} and {found['mean_score']['across']:.3f}.",
        "",
    ]
    return "\n".join(lines)


def by(pairs: Pairs, keys: list[str]) -> dict[str, dict]:
    """Lines on the pairs of each kind; `keys` names the kind of each source."""
    found = np.array(keys)[pairs.sources]
    return {key: part(pairs.where(found == key)) for key in sorted(set(keys))}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="has scores/, too")
    parser.add_argument("--model", choices=FORMS, default="packaged")
    parser.add_argument("--package", type=Path, default=BUNDLED, help="folder of the int8 graph")
    parser.add_argument("--groups", type=int, help="held-out groups; all if not given")
    parser.add_argument("--questions", type=int, default=40, help="of MLQA, in all their languages")
    options = parser.parse_args()
    weights_file = find(options.model, options.work, options.package)
    weights = fingerprint(weights_file)
    scale_file = options.work / "model" / "scale.json"
    if not scale_file.exists():
        raise SystemExit(f"{scale_file} is not there; recipe/finish.py writes it")
    scale = json.loads(scale_file.read_text(encoding="utf-8"))
    slope, shift = scale["slope"], scale["shift"]
    # First what costs nothing and may be missing.
    dev, names = dev_pairs(options.out / "scores", weights)
    scorer = open_scorer(options.model, weights_file)
    apart = held_out_pairs(options.work / "groups.jsonl", scorer, options.groups)

    given = [f"--{name} {getattr(options, name)}" for name in ("model", "questions")]
    given += [f"--groups {options.groups}"] if options.groups else []
    result = {
        "command": " ".join(["python recipe/calibrate.py --data DATA", *given]),
        "model": options.model,
        "weights": weights,
        "scale": {"slope": round(slope, 4), "shift": round(shift, 4)},
        "held_out": describe(apart, slope=slope, shift=shift),
        "dev": describe(dev, slope=slope, shift=shift)
        | {
            "families": by(dev, [family(name) for name in names]),
            "languages": by(dev, [languages(name)[1] for name in names]),
        },
        "translations": translations(options.data, scorer, options.questions),
    }
    write_whole(options.out / "calibration.json", json.dumps(result, indent=1) + "\n")
    write_whole(options.out / "calibration.md", text(result))
    print(f"wrote {options.out / 'calibration.md'}")


if __name__ == "__main__":
    main()
