"""Take in what the larger teacher wrote, as groups to train on.

    python -m recipe.data.teacher --data DATA

Three kinds, by the field `source` of a group:

    written      groups of DATA/written and of written/groups: a query, passages that answer it with
                 the stretches that settle it, and passages that look right and are not
    passages     queries that were written over five real passages each (DATA/written): the
                 passage that answers, its evidence, and a grade for each of the others
    cases        the traps and plain cases of written/traps, written/more-traps and written/plain

Written to `work/teacher.jsonl`, in the form of `work/groups.jsonl` (mine.py), with `kind` besides.
Groups are held out by cluster, never one by one: texts of a cluster come again in its other groups.
Where a file names no cluster, neighbouring lines are taken for one.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from recipe.data.cases import case_groups
from recipe.places import WRITTEN, option_parser
from recipe.records import read_records, write_records

HELD_OUT = 20  # one cluster in so many
NEIGHBOURS = 20  # lines taken for a cluster where none is named
NEGATIVES = 3  # of the other passages of a set, those with the higher grade first
ANOTHER_SUBJECT, SAME_SUBJECT = 0, 1  # grades of passages that do not answer


def is_held_out(cluster: str) -> bool:
    return int(hashlib.sha256(cluster.encode()).hexdigest(), 16) % HELD_OUT == 0


def written_groups(folder: Path) -> Iterator[dict]:
    """The groups of a folder's files, but for those over sets of real passages."""
    for path in sorted(folder.glob("*.jsonl")):
        if path.name.startswith("queries_"):
            continue
        for number, group in enumerate(read_records(path)):
            cluster = group.get("cluster") or f"{path.stem}:{number // NEIGHBOURS}"
            answers, wrong = group["answers"], group["wrong"]
            yield {
                "query": group["query"],
                "lang_query": group["lang"],
                "lang_passage": answers[0]["lang"],
                "source": "written",
                "kind": group["kind"],
                "held_out": is_held_out(cluster),
                "passages": [passage["text"] for passage in (*answers, *wrong)],
                "kinds": ["answer"] * len(answers) + [passage["why"] for passage in wrong],
                "cosines": [None] * (len(answers) + len(wrong)),
                "evidence": [answer.get("evidence") or None for answer in answers],
            }


def passage_groups(folder: Path) -> Iterator[dict]:
    """The queries over sets of real passages."""
    sets = {record["set"]: record for record in read_records(folder / "sets.jsonl.gz")}
    for path in sorted(folder.glob("queries_*.jsonl")):
        for asked in read_records(path):
            texts = [passage["text"] for passage in sets[asked["set"]]["passages"]]
            grades, right = asked["grades"], asked["answer"]
            others = [place for place in range(len(texts)) if place not in right]
            others.sort(key=lambda place: -grades[place])
            places = [*right, *others[:NEGATIVES]]
            names = {SAME_SUBJECT: "same subject", ANOTHER_SUBJECT: "another subject"}
            yield {
                "query": asked["query"],
                "lang_query": asked["lang"],
                "lang_passage": sets[asked["set"]]["lang"],
                "source": "passages",
                "kind": asked["style"],
                "held_out": is_held_out(asked["set"]),
                "passages": [texts[place] for place in places],
                "kinds": [
                    "answer" if place in right else names.get(grades[place], "graded")
                    for place in places
                ],
                "cosines": [None] * len(places),
                "evidence": [
                    [text for text in asked["evidence"] if text in texts[place]] or None
                    for place in right
                ],
            }


def main() -> None:
    parser = option_parser(__doc__, data=True, work=True)
    options = parser.parse_args()
    cases = [
        group
        | {"source": "cases", "kind": "case", "evidence": [None] * group["kinds"].count("answer")}
        for group in case_groups(WRITTEN)
    ]
    groups = [
        *written_groups(options.data / "written"),
        *written_groups(WRITTEN / "groups"),
        *passage_groups(options.data / "written"),
        *cases,
    ]
    write_records(options.work / "teacher.jsonl", groups)
    for is_apart in (False, True):
        found = Counter(group["source"] for group in groups if group["held_out"] == is_apart)
        print("held out" if is_apart else "to train on", dict(found))


if __name__ == "__main__":
    main()
