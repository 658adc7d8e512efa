"""Each goal of the bundled model is judged by its numbers, and says how far it was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import card_results

from recipe.card.goals import Goals
from recipe.card.results import HERE, read_toml
from recipe.measures.development import goals, report

if TYPE_CHECKING:
    from pathlib import Path

WORDS = read_toml(HERE / "words.toml")


def verdicts(found: list[dict[str, Any]]) -> dict[str, str]:
    return {goal["key"]: goal["verdict"] for goal in found}


def results(dev: dict[str, Any], **changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "dev": dev,
        "traps": {"results": {"all": card_results.traps()}},
        "realistic": {"results": card_results.realistic()},
        "evidence": card_results.evidence(),
    } | changed


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report.write(tmp_path_factory.mktemp("dev"), card_results.development())


def test_a_set_that_is_not_above_the_parent_is_named(tmp_path: Path):
    scores = card_results.development(changed={"scifact": {"parent": 0.75}})
    over_parent, over_bm25, *_ = goals.required(report.write(tmp_path, scores))
    assert over_parent["missed"] == {"scifact nDCG@10": -0.05, "scifact MRR@10": -0.05}
    assert over_bm25["verdict"] == "reached"


def test_a_set_that_only_equals_bm25_misses_the_goal(tmp_path: Path):
    scores = card_results.development(changed={"cmrc2018_dev": {"bm25": 0.7}})
    found = goals.required(report.write(tmp_path, scores))
    assert verdicts(found)["over_bm25"] == "missed"


def test_mlqa_must_gain_more_across_languages_than_within_one(tmp_path: Path):
    # .125 above the parent everywhere.
    changed = {name: {"parent": 0.575} for name in card_results.SETS}
    found = goals.required(report.write(tmp_path, card_results.development(changed=changed)))
    assert {"same_gain": "reached", "across_gain": "missed"}.items() <= verdicts(found).items()


def test_some_of_the_sets_do_not_reach_a_goal(tmp_path: Path):
    scores = card_results.development()
    found = goals.required(report.write(tmp_path, {"mlqa-en-en": scores["mlqa-en-en"]}))
    assert set(verdicts(found).values()) == {"not measured"}


@pytest.mark.parametrize(
    ("against", "verdict"),
    [(None, "not measured"), (0.704, "reached"), (0.705, "missed")],
)
def test_int8_is_held_against_float32_where_that_was_run(tmp_path, against, verdict):
    scores = card_results.development(against=against)
    found = report.write(tmp_path, scores)
    assert verdicts(found["required"])["int8"] == verdict
    shown = Goals(WORDS["en"], results(found)).table()
    assert ("on 126 queries of 63 of the 63 sets" in shown) == (against is not None)


def test_one_kind_of_traps_can_miss_its_goal_alone():
    every, kinds = goals.of_traps(card_results.traps(negation=6))
    assert every["verdict"] == "reached"
    assert kinds["missed"] == {"negation": -0.05}


def test_plain_cases_have_a_goal_of_their_own():
    every, plain = goals.of_realistic(card_results.realistic(every=0.75, plain=0.8))
    assert (every["verdict"], plain["verdict"]) == ("reached", "missed")


def test_the_evidence_must_find_more_than_shared_words_in_each_language():
    first, over_words, pruning = goals.of_evidence(card_results.evidence(chinese=0.7, text=0.45))
    assert first["verdict"] == pruning["verdict"] == "reached"
    assert over_words["missed"] == {"zh": 0.0}


def test_where_no_threshold_keeps_enough_answers_pruning_keeps_all_text():
    assert goals.least_text({"0.5": {"answers": 0.89, "text": 0.2}}) == 1.0


def test_a_card_says_in_both_languages_how_far_a_goal_was_missed(dev):
    found = results(
        dev,
        traps={"results": {"all": card_results.traps(negation=6, echo=4)}},
        realistic={"results": card_results.realistic(plain=0.827)},
    )
    english, chinese = (Goals(WORDS[name], found).table() for name in ("en", "zh-CN"))
    assert "missed in 2 of 6: echo by 25.0 points, negation by 5.0 points" in english
    assert "| missed, by 2.3 points |" in english
    assert "6 项中 2 项未达到：复述问题 差 25.0 个百分点，否定 差 5.0 个百分点" in chinese
    assert "| 未达到，差 2.3 个百分点 |" in chinese


def test_both_languages_have_words_for_all_goals(dev):
    judged = [goal["key"] for goal in Goals(WORDS["en"], results(dev)).judged()]
    for words in WORDS.values():
        assert sorted(words["goals"]) == sorted(judged)
    assert [key for key in judged if key in goals.GOALS] == list(goals.GOALS)
