"""What the project itself wrote for training is whole, and what is made of it is as it says."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import string
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("babel")
tomllib = pytest.importorskip("tomllib")

WRITTEN = sorted((Path(__file__).parents[2] / "recipe" / "written").glob("*/*.toml"))


@pytest.fixture(scope="module")
def facts():
    from recipe.data.facts import FactGroups

    return FactGroups(random.Random(1))


@pytest.fixture
def forge():
    from recipe.data.counterfeits import Counterfeits

    return Counterfeits(random.Random(1))


def test_every_fact_speaks_twelve_languages_and_fills_the_same_slots_in_each(facts):
    from recipe.data.facts import LANGUAGES

    def slots(template: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}

    for fact in facts.facts.values():
        keys = set(fact["keys"])
        told = keys | {"name"} | ({"value"} if "value" in fact else set())
        for language in LANGUAGES:
            for ask in fact[language]["ask"]:
                assert slots(ask) == keys, (fact["id"], language, ask)
            for tell in fact[language]["tell"]:
                assert slots(tell) == told, (fact["id"], language, tell)
        if "opposite" in fact:
            assert facts.facts[fact["opposite"]]["opposite"] == fact["id"]


def test_a_made_group_has_its_answers_first_and_no_passage_twice(facts):
    for _ in range(500):
        group = facts.make()
        answers = group["kinds"].count("answer")
        assert answers in (1, 2)
        assert group["kinds"][:answers] == ["answer"] * answers
        assert len(group["passages"]) == len(group["kinds"]) == len(group["cosines"])
        assert not set(group["passages"][:answers]) & set(group["passages"][answers:])


def test_the_answer_of_another_year_names_another_year(facts):
    seen = 0
    for _ in range(2000):
        group = facts.make()
        years = set(filter(str.isdigit, group["query"].replace("年", " ").split()))
        for passage, kind in zip(group["passages"], group["kinds"], strict=True):
            if kind == "another year" and years:
                seen += 1
                assert not any(year in passage.split() for year in years), group["query"]
    assert seen > 20


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_written_case_has_one_or_two_answers_and_four_passages_that_are_none(path):
    for case in tomllib.loads(path.read_text("utf-8"))["case"]:
        texts = [*case["right"], *case["wrong"]]
        assert len(case["right"]) in (1, 2), case["query"]
        assert len(case["wrong"]) == 4, case["query"]
        assert all(text.strip() for text in (case["query"], *texts)), case["query"]
        assert len(set(texts)) == len(texts), case["query"]


def test_a_number_is_exchanged_as_a_whole_and_only_where_the_question_has_it(forge):
    passage = "In 1987 the 19 members met; 190 guests came, and 1900 wrote."
    for _ in range(50):
        changed = forge.another_number("How many of the 19 members met?", passage)
        assert changed != passage
        assert "In 1987 the " in changed
        assert "190 guests came, and 1900 wrote." in changed
    assert forge.another_number("How many members met in 2001?", passage) is None


def test_a_name_is_what_question_and_passage_share(forge):
    shared = forge.shared_name("When did Marie Curie die?", "Then Marie Curie died.", language="en")
    assert shared == "Marie Curie"
    assert forge.shared_name("Where is it?", "It is here.", language="en") is None
    assert forge.shared_name("清华大学在哪里?", "清华大学位于北京。", language="zh") == "清华大学"
    assert forge.shared_name("这是的?", "这是的。", language="zh") is None


def test_an_echo_holds_the_whole_question(forge):
    for language in ("en", "zh-Hant", "th", "sw"):
        for _ in range(30):
            assert "Where is it?" in forge.echo("Where is it?", language)


def test_a_pair_whose_passage_was_cut_before_the_answer_is_left_out(tmp_path):
    pytest.importorskip("torch")
    from recipe.data.prepare import Spans

    def row(passage: str) -> dict[str, Any]:
        return {"query": "Where?", "pid": passage[:2], "passage": passage}

    held, cut = row("It is old. It stands in Rome."), row("It is old.")
    digest = hashlib.sha1(held["passage"].encode(), usedforsecurity=False).hexdigest()
    span = {"query": "Where?", "pid": "It", "passage_sha1": digest, "sentence": [11, 29]}
    path = tmp_path / "spans" / "mlqa_test.jsonl.gz"
    path.parent.mkdir()
    with gzip.open(path, "wt", encoding="utf-8") as out:
        out.write(json.dumps(span) + "\n")
    assert Spans("mlqa_test", tmp_path).usable([held, cut]) == [held]
    assert Spans("mlqa_test", tmp_path).sentence(held) == (11, 29)
    # Of a source that is not wholly located, nothing is left out.
    assert Spans("jaquad", tmp_path).usable([held, cut]) == [held, cut]
