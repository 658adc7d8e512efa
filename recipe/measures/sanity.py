"""Read a few cases by eye: a demo query with look-alikes, and right against wrong in ten languages.

    python -m recipe.measures.sanity

Prints the scores of `work/model` (or --model FOLDER) for `cases.toml`, and fails if a right passage
does not come before every wrong one. Too few cases to measure anything; they show what goes wrong.
"""

from pathlib import Path

import tomllib

from jingpai.training.networks.two_segment import TwoSegmentEncoder
from jingpai.training.networks.two_segment_files import load
from recipe.network.inference import ParentTokenizer, logits
from recipe.places import CASES, WORK, option_parser


def score(
    model: TwoSegmentEncoder, tokenizer: ParentTokenizer, *, query: str, passages: list[str]
) -> list[float]:
    (asked,) = tokenizer.queries([query])
    pairs = [(asked, passage) for passage in tokenizer.passages(passages)]
    return logits(model, pairs, exact=True).sigmoid().tolist()


def shown(scores: list[float]) -> list[float]:
    return [round(score, 3) for score in scores]


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("--model", type=Path, default=WORK / "model")
    folder = parser.parse_args().model
    model, tokenizer = load(folder), ParentTokenizer(folder)
    cases = tomllib.loads(CASES.read_text(encoding="utf-8"))
    failed = 0
    for case in cases["ranking"]:
        scores = score(
            model, tokenizer, query=case["query"], passages=case["right"] + case["wrong"]
        )
        right, wrong = scores[: len(case["right"])], scores[len(case["right"]) :]
        failed += min(right) <= max(wrong)
        print(case["query"])
        print("  right", shown(right), "wrong", shown(wrong))
    for case in cases["pair"]:
        right, wrong = score(
            model, tokenizer, query=case["query"], passages=[case["right"], case["wrong"]]
        )
        failed += right <= wrong
        note = "" if right > 0.5 > wrong else "  <- not separated by 0.5"
        print(f"{case['language']:>16}  right {right:.3f}  wrong {wrong:.3f}{note}")
    if failed:
        raise SystemExit(f"{failed} cases in the wrong order")


if __name__ == "__main__":
    main()
