"""Check the written groups: their form, and whether a trivial rule finds the answers.

    python -m recipe.data.written                    # all of written/groups
    python -m recipe.data.written FILE.jsonl ...     # others

A group is fit to train on where only reading finds the answer. So each rule that reads nothing (the
passage with the most words of the query, the longest, the shortest, the one with the most digits)
is held against chance. Exits with 1 where a group has a fault.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from recipe.data.faults import KINDS, faults, texts_of
from recipe.places import WRITTEN, option_parser
from recipe.records import read_records

UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # scripts with no spaces
STEM = 6  # letters of a word that count, in place of a stemmer for each language

Rule = Callable[[str, str], int]
"""Of a query and a passage: how well the rule likes the passage."""


def files_of_groups() -> list[Path]:
    return sorted((WRITTEN / "groups").glob("*.jsonl"))


def stems(text: str) -> set[str]:
    """What two texts may share: heads of words, or pairs of characters in unspaced scripts."""
    found = set()
    for word in re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()):
        if UNSPACED.search(word):
            found |= {word[place : place + 2] for place in range(max(1, len(word) - 1))}
        elif len(word) > 2 or word.isdigit():
            found.add(word[:STEM])
    return found


def digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


RULES: dict[str, Rule] = {
    "most shared words": lambda query, passage: len(stems(query) & stems(passage)),
    "longest": lambda _, passage: len(passage),
    "shortest": lambda _, passage: -len(passage),
    "most digits": lambda _, passage: digits(passage),
}


def chance(groups: Sequence[dict]) -> float:
    """How often a passage drawn blindly is an answer."""
    return sum(len(group["answers"]) / len(texts_of(group)) for group in groups) / len(groups)


def share_won(groups: Sequence[dict], rule: Rule) -> float:
    """How often the passage that a rule likes best is an answer; of several, one is drawn."""
    won = 0.0
    for group in groups:
        scores = [rule(group["query"], text) for text in texts_of(group)]
        is_best = [score == max(scores) for score in scores]
        won += sum(is_best[: len(group["answers"])]) / sum(is_best)
    return won / len(groups)


def describe(groups: Sequence[dict]) -> str:
    """Counts, and the rules against chance."""
    rules = ", ".join(f"{name} {share_won(groups, rule):.2f}" for name, rule in RULES.items())
    return f"{len(groups)} groups; chance {chance(groups):.2f}, {rules}"


def counted(values: Iterable[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in Counter(values).most_common())


def main() -> None:
    parser = option_parser(__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="written/groups where none is given")
    options = parser.parse_args()
    files = {str(path): read_records(path) for path in options.files or files_of_groups()}
    found = list(faults(files))
    for fault in found:
        print(fault)
    if found:
        raise SystemExit(1)
    for name, groups in files.items():
        print(f"{Path(name).name}: {describe(groups)}")
    groups = list(chain.from_iterable(files.values()))
    print(f"all: {describe(groups)}")
    for kind in KINDS:
        if of_kind := [group for group in groups if group["kind"] == kind]:
            print(f"  {kind}: {describe(of_kind)}")
    print("languages:", counted(group["lang"] for group in groups))
    print("styles:", counted(group["style"] for group in groups))
    print("clusters:", len({group["cluster"] for group in groups}))


if __name__ == "__main__":
    main()
