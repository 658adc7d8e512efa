"""The drawer of a document: its sentences, and its words."""

from __future__ import annotations

from typing import Any

from support.playground import picture, rank

LONG = " ".join(f"Sentence {number} is about the weather in May." for number in range(60))


def test_the_winning_passage_of_a_long_text_is_marked(visit):
    page = visit()
    answer = "A giant panda eats 😀 bamboo for most of the day."
    rank(page, "what does a panda eat?", f"{LONG} {answer} {LONG}\nShips sail.")
    page.locator(".column:not(.first) .card").first.click()
    page.wait_for_selector("#why .winning")
    assert answer in page.inner_text("#why .winning")
    assert len(page.inner_text("#why .winning")) < len(LONG)
    assert page.inner_text("#why blockquote") == answer
    assert answer in page.inner_text("#why .is-best")
    picture(page, "long", is_whole=False)


def test_many_sentences_are_scored_only_on_demand(visit):
    page = visit()
    rank(page, "what does a panda eat?", f"{LONG} {LONG} {LONG}\nShips sail.")
    page.locator(".column:not(.first) li[data-index='0'] .card").click()
    button = page.locator("#why .sentences button")
    assert "about" in button.inner_text()
    assert page.locator("#why mark").count() == 0
    button.click()
    page.wait_for_selector("#why mark")


def test_the_cost_of_leaving_words_out_is_said_first(visit):
    page = visit()
    rank(page, "what do pandas eat?", "Pandas eat bamboo.\nShips sail.")
    page.locator(".column:not(.first) .card").first.click()
    page.wait_for_selector("#why .words")
    assert page.locator("#why .words button").all_inner_texts() == [
        "Words of the question (5 pairs)",
        "Words of the best sentence (4 pairs)",
    ]
    requests: list[dict[str, Any]] = []
    page.on("request", lambda one: requests.append(one.post_data_json))
    page.locator("#why .words button").last.click()
    page.wait_for_selector("#why .weighed")
    (body,) = requests
    assert body["documents"] == [
        "Pandas eat bamboo.",
        " eat bamboo.",
        "Pandas  bamboo.",
        "Pandas eat .",
    ]
