"""Read a few cases by eye: a demo query with look-alikes, and right against wrong in ten languages.

    python recipe/sanity.py

Prints the scores of `work/model` (or --model FOLDER) for `cases.toml`, and fails if a right passage
does not come before every wrong one. Too few cases to measure anything; they show what goes wrong.
"""

import argparse
from pathlib import Path

import tomllib

from inference import Tokens, logits
from model import TwoSegmentEncoder, load

HERE = Path(__file__).parent


def score(model: TwoSegmentEncoder, tokens: Tokens, query: str, passages: list[str]) -> list[float]:
    (asked,) = tokens.queries([query])
    pairs = [(asked, passage) for passage in tokens.passages(passages)]
    return logits(model, pairs, exact=True).sigmoid().tolist()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=HERE / "work" / "model")
    folder = parser.parse_args().model
    model, tokens = load(folder), Tokens(folder)
    cases = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))
    failed = 0
    for case in cases["ranking"]:
        scores = score(model, tokens, case["query"], case["right"] + case["wrong"])
        right, wrong = scores[: len(case["right"])], scores[len(case["right"]) :]
        failed += min(right) <= max(wrong)
        print(case["query"])
        print("  right", [round(s, 3) for s in right], "wrong", [round(s, 3) for s in wrong])
    for case in cases["pair"]:
        right, wrong = score(model, tokens, case["query"], [case["right"], case["wrong"]])
        failed += right <= wrong
        note = "" if right > 0.5 > wrong else "  <- not separated by 0.5"
        print(f"{case['language']:>16}  right {right:.3f}  wrong {wrong:.3f}{note}")
    if failed:
        raise SystemExit(f"{failed} cases in the wrong order")


if __name__ == "__main__":
    main()
