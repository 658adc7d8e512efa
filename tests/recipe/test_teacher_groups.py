"""What the larger teacher wrote and judged, as training reads it."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from recipe.data.judgements import corrected, digest, read_judgements
from recipe.data.teacher import passage_groups, written_groups
from recipe.places import REALISTIC, WRITTEN
from recipe.records import read_records

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *records: dict[str, Any]) -> None:
    text = "".join(json.dumps(record) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")


def group(query: str, answer: str, *wrong: str) -> dict[str, Any]:
    return {
        "query": query,
        "passages": [answer, *wrong],
        "kinds": ["answer", *["same article"] * len(wrong)],
        "cosines": [0.9] * (1 + len(wrong)),
        "evidence": [[answer]],
    }


def test_groups_of_one_cluster_are_held_out_together(tmp_path):
    records: list[dict[str, Any]] = [
        {
            "query": f"q{number}",
            "lang": "en",
            "kind": "plain",
            "cluster": f"c{number % 40}",
            "answers": [{"text": f"answer {number}", "lang": "en", "evidence": ["answer"]}],
            "wrong": [{"text": "wrong", "lang": "en", "why": "neighbour"}],
        }
        for number in range(200)
    ]
    write(tmp_path / "some.jsonl", *records)
    found = list(written_groups(tmp_path))
    by_cluster: dict[str, set[bool]] = {}
    for record, made in zip(records, found, strict=True):
        by_cluster.setdefault(record["cluster"], set()).add(made["held_out"])
    assert all(len(values) == 1 for values in by_cluster.values())
    assert {True, False} == {made["held_out"] for made in found}


def test_a_query_over_a_set_has_the_passages_of_its_subject_before_others(tmp_path):
    texts = ["zero", "the answer", "two", "three", "four"]
    with gzip.open(tmp_path / "sets.jsonl.gz", "wt", encoding="utf-8") as out:
        passages = [{"source": "s", "pid": text, "text": text} for text in texts]
        out.write(json.dumps({"set": "en-1", "lang": "en", "passages": passages}) + "\n")
    asked = {"set": "en-1", "query": "q", "lang": "de", "style": "claim", "answer": [1]}
    asked |= {"evidence": ["answer"], "grades": [0, 2, 0, 1, 1]}
    write(tmp_path / "queries_en.jsonl", asked)
    (made,) = passage_groups(tmp_path)
    assert made["passages"] == ["the answer", "three", "four", "zero"]
    assert made["kinds"] == ["answer", "same subject", "same subject", "another subject"]
    assert made["evidence"] == [["answer"]]


def test_a_negative_that_was_judged_to_answer_leaves_its_group():
    given = group("q", "right", "also right", "wrong")
    (made,) = corrected([given], {digest("q", "also right"): 2, digest("q", "wrong"): 1})
    assert made["passages"] == ["right", "wrong"]
    assert made["cosines"] == [0.9, 0.9]


def test_a_group_whose_answer_does_not_answer_is_left_out():
    assert not list(corrected([group("q", "right", "wrong")], {digest("q", "right"): 1}))
    assert not list(corrected([group("q", "right", "wrong")], {digest("q", "wrong"): 2}))


def test_judgements_are_grades_of_named_pairs():
    grades = read_judgements(WRITTEN / "judgements.jsonl")
    assert len(grades) > 7000
    assert set(grades.values()) == {0, 1, 2}


def test_realistic_cases_have_five_passages_and_nothing_of_the_training_groups():
    cases = [record for path in REALISTIC.glob("*.jsonl") for record in read_records(path)]
    assert len(cases) == 300
    texts = set()
    for case in cases:
        passages = [*case["answers"], *case["wrong"]]
        assert len(passages) == len(set(passages)) == 5
        texts |= {case["query"], *passages}
    for path in (WRITTEN / "groups").glob("*.jsonl"):
        for record in read_records(path):
            shown = [passage["text"] for passage in (*record["answers"], *record["wrong"])]
            assert not texts & {record["query"], *shown}
