"""The groups written for the next training are whole, and hold nothing that is kept to measure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from support.long_runs import long_runs

from jingpai.explain.demo_cases import CASES
from recipe.data.faults import faults, faults_of_group, texts_of
from recipe.data.written import RULES, chance, files_of_groups, share_won
from recipe.records import read_records

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPE = Path(__file__).parents[2] / "recipe"


def a_group(**changes: object) -> dict[str, Any]:
    """A group without a fault."""
    return {
        "query": "When does the pool open?",
        "lang": "en",
        "kind": "plain",
        "domain": "sport",
        "style": "question",
        "cluster": "en-1",
        "answers": [{"text": "The pool opens at 7.", "lang": "en", "evidence": ["opens at 7"]}],
        "wrong": [
            {"text": text, "lang": "en", "why": "neighbour"}
            for text in ("The sauna opens at 10.", "The pool is heated.", "Bring a towel.")
        ],
        **changes,
    }


@pytest.fixture(scope="module")
def files() -> dict[str, list[dict[str, Any]]]:
    return {path.name: read_records(path) for path in files_of_groups()}


def test_the_committed_groups_have_no_fault(files):
    assert len(files) == 14
    assert list(faults(files)) == []


def test_no_group_shares_a_long_run_of_letters_with_what_is_kept_to_measure(files):
    kept = [text for case in CASES for text in (case.query, *case.documents)]
    for path in (RECIPE / "traps").glob("*.toml"):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            kept += [case["query"], case["right"], *case["wrong"]]
    by_eye = tomllib.loads((RECIPE / "cases.toml").read_text("utf-8"))
    for case in by_eye["ranking"]:
        kept += [case["query"], *case["right"], *case["wrong"]]
    for case in by_eye["pair"]:
        kept += [case["query"], case["right"], case["wrong"]]
    unseen, queries = long_runs(kept), {text.casefold() for text in kept}
    for name, groups in files.items():
        for group in groups:
            assert group["query"].casefold() not in queries, f"{name}: {group['query']}"
            found = long_runs([group["query"], *texts_of(group)]) & unseen
            assert not found, f"{name}: {group['query']}"


@pytest.mark.parametrize("name", ["longest", "shortest", "most digits"])
def test_no_trivial_rule_finds_the_answers_of_all_groups_much_better_than_chance(files, name):
    groups = [group for found in files.values() for group in found]
    assert abs(share_won(groups, RULES[name]) - chance(groups)) < 0.05


def test_shared_words_find_about_half_of_the_answers(files):
    groups = [group for found in files.values() for group in found]
    assert 0.4 < share_won(groups, RULES["most shared words"]) < 0.6


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"query": ""}, "lacks query"),
        ({"kind": "riddle"}, "kind 'riddle' is none of plain, "),
        ({"style": "verse"}, "style 'verse' is none of question, "),
        ({"answers": a_group()["answers"] * 3}, "3 answers; one or two are allowed"),
        ({"wrong": a_group()["wrong"][:2]}, "2 wrong passages; three to six are allowed"),
        ({"answers": [{"text": "At 7.", "evidence": []}]}, "an answer without evidence"),
        ({"answers": [{"text": "At 7.", "evidence": ["at 7"]}]}, "not stand in its answer to the"),
        ({"wrong": [{"text": letter, "why": "x"} for letter in "abc"]}, "why 'x' is none of"),
        ({"wrong": a_group()["wrong"] + a_group()["wrong"][:1]}, "the same passage twice"),
    ],
)
def test_a_fault_of_form_is_named(changes, fault):
    assert list(faults_of_group(a_group())) == []
    assert any(fault in found for found in faults_of_group(a_group(**changes)))


def test_a_cluster_stays_in_its_file_and_a_text_in_its_cluster():
    apart = faults({"a": [a_group()], "b": [a_group()]})
    assert next(apart) == "b:1: cluster en-1 is in a as well"
    shared = list(faults({"a": [a_group(), a_group(cluster="en-2", query="At what time?")]}))
    assert len(shared) == 4
    assert shared[0].startswith("a:2: a text of cluster en-1 as well: 'The pool opens")


def test_a_tie_of_a_rule_is_won_by_the_share_of_answers_in_it():
    group = a_group(query="pool")  # stands in the answer and in one wrong passage
    assert share_won([group], RULES["most shared words"]) == 0.5
    assert chance([group]) == 0.25
