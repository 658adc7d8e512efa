"""Does a score of 0.8 mean 8 in 10? And does a pair score the same in every language?

    python -m recipe.measures.calibrate --data DATA

Reads the held-out groups of `work/groups.jsonl` and `teacher.jsonl`, the scores that evaluate.py
left in `results/scores`, and MLQA's development sets; writes `results/calibration.json` and `.md`.
The two numbers that set the scale are fitted by finish.py on the held-out groups and folded into
the head, so they travel in the weights, and every logit of the shipped model is on the fitted
scale. "Before" undoes them.

A probability holds at one prevalence only. Here it is one half: relevant and irrelevant pairs weigh
the same in the fit and in every number, however many negatives we chose to mine. Where a share p of
the pairs is relevant, add log(p / (1 - p)) to the logit; the line "as found" does so.
"""

import json
from pathlib import Path

import numpy as np

from jingpai.files.whole import write_text
from recipe.measures.reliability import BINS, Pairs, by, describe
from recipe.measures.scorers import Scorer, open_scorer
from recipe.measures.sets import family, languages
from recipe.measures.translations import translations
from recipe.measures.weights import FORMS, find, fingerprint
from recipe.places import BUNDLED, RESULTS, option_parser
from recipe.records import read_records


def held_out_pairs(work: Path, scorer: Scorer, *, limit: int | None) -> Pairs:
    groups = [
        group
        for name in ("groups.jsonl", "teacher.jsonl")
        for group in [group for group in read_records(work / name) if group["held_out"]][:limit]
    ]
    if not groups:
        raise SystemExit(
            f"{work} has no held-out groups; python -m recipe.data.mine and .teacher write them"
        )
    logits = scorer([group["query"] for group in groups], [group["passages"] for group in groups])
    labels = np.array([kind == "answer" for group in groups for kind in group["kinds"]], float)
    return Pairs(np.concatenate(logits), labels, np.zeros(len(labels)))


def dev_pairs(folder: Path, weights: str) -> tuple[Pairs, list[str]]:
    """Our scores of the development sets' candidates, and the names of the sets."""
    logits, labels, sources, names = [], [], [], []
    for path in sorted(folder.glob("*.json")):
        scored = json.loads(path.read_text(encoding="utf-8"))
        if scored["settings"]["weights"] != weights:
            continue
        for query in scored["queries"]:
            if "scores" in query:
                logits += query["scores"]["ours"]
                labels += query["relevant"]
                sources += [len(names)] * len(query["relevant"])
        names.append(path.stem)
    if not labels:
        raise SystemExit(
            f"{folder} has no scores of these weights ({weights});"
            " python -m recipe.measures.evaluate writes them"
        )
    return Pairs(np.array(logits), np.array(labels, float), np.array(sources)), names


def text(result: dict) -> str:
    scale = result["scale"]
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
    lines += reliability_tables(result)
    lines += development_tables(result["dev"])
    lines += translation_table(result["translations"])
    return "\n".join(lines)


def reliability_tables(result: dict) -> list[str]:
    lines = []
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
    return lines


def development_tables(dev: dict) -> list[str]:
    lines = []
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
            for key, row in dev[name].items()
        ]
    return lines


def translation_table(found: dict) -> list[str]:
    return [
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


def main() -> None:
    parser = option_parser(__doc__, data=True, work=True)
    parser.add_argument("--out", type=Path, default=RESULTS, help="has scores/, too")
    parser.add_argument("--model", choices=FORMS, default="packaged")
    parser.add_argument("--package", type=Path, default=BUNDLED, help="folder of the int8 graph")
    parser.add_argument("--groups", type=int, help="held-out groups; all if not given")
    parser.add_argument("--questions", type=int, default=40, help="of MLQA, in all their languages")
    options = parser.parse_args()
    weights_file = find(options.model, work=options.work, package=options.package)
    weights = fingerprint(weights_file)
    scale_file = options.work / "model" / "scale.json"
    if not scale_file.exists():
        raise SystemExit(f"{scale_file} is not there; python -m recipe.network.finish writes it")
    scale = json.loads(scale_file.read_text(encoding="utf-8"))
    slope, shift = scale["slope"], scale["shift"]
    # First what costs nothing and may be missing.
    dev, names = dev_pairs(options.out / "scores", weights)
    scorer = open_scorer(options.model, weights_file)
    apart = held_out_pairs(options.work, scorer, limit=options.groups)

    given = [f"--{name} {getattr(options, name)}" for name in ("model", "questions")]
    given += [f"--groups {options.groups}"] if options.groups else []
    result = {
        "command": " ".join(["python -m recipe.measures.calibrate --data DATA", *given]),
        "model": options.model,
        "weights": weights,
        "scale": {"slope": round(slope, 4), "shift": round(shift, 4)},
        "held_out": describe(apart, slope=slope, shift=shift),
        "dev": describe(dev, slope=slope, shift=shift)
        | {
            "families": by(dev, [family(name) for name in names]),
            "languages": by(dev, [languages(name)[1] for name in names]),
        },
        "translations": translations(options.data, scorer, count=options.questions),
    }
    write_text(options.out / "calibration.json", json.dumps(result, indent=1) + "\n")
    write_text(options.out / "calibration.md", text(result))
    print(f"wrote {options.out / 'calibration.md'}")


if __name__ == "__main__":
    main()
