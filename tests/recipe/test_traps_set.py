"""The trap set is fair to score: whole, balanced, and without a case that answers itself."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from support.long_runs import long_runs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parents[2] / "recipe" / "traps"
LANGUAGES = ("de", "en", "es", "fr", "ja", "ko", "ru", "th", "vi", "zh")
KINDS = {"entity", "number", "date", "negation", "topic", "echo"}
FIELDS = {"kind", "query", "right", "wrong"}
CASES = {
    language: tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))["case"]
    for language in LANGUAGES
}


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == list(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_at_least_twenty_cases_and_every_kind_of_trap(language: str) -> None:
    kinds = Counter(case["kind"] for case in CASES[language])
    assert kinds.total() >= 20
    assert set(kinds) == KINDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_has_one_right_passage_and_three_others_that_are_wrong(language: str) -> None:
    for case in CASES[language]:
        assert set(case) - {"right_language"} == FIELDS, case["query"]
        assert len({case["right"], *case["wrong"]}) == 1 + len(case["wrong"]) == 4, case["query"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_broken(language: str) -> None:
    for case in CASES[language]:
        for text in (case["query"], case["right"], *case["wrong"]):
            assert text.strip(), case["query"]
            assert "\ufffd" not in text, case["query"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_least_three_right_passages_are_in_another_language(language: str) -> None:
    others = [case["right_language"] for case in CASES[language] if "right_language" in case]
    assert len(others) >= 3
    assert language not in others


def test_no_query_is_asked_twice() -> None:
    queries = Counter(case["query"].casefold() for cases in CASES.values() for case in cases)
    assert [query for query, times in queries.items() if times > 1] == []


def test_no_case_shares_a_long_run_of_letters_with_the_cases_of_training() -> None:
    unseen = long_runs(
        text
        for cases in CASES.values()
        for case in cases
        for text in (case["query"], case["right"], *case["wrong"])
    )
    for path in sorted((FOLDER.parent / "written").glob("*/*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            found = long_runs((case["query"], *case["right"], *case["wrong"])) & unseen
            assert not found, f"{path}: {case['query']}"
