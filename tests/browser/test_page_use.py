"""The page in the hands of different people: keyboard, language, colours, keys, errors."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from support.playground import picture, serving, settle, until

LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.locator(".column:not(.first) .card").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent[0]") == "3"
    page.keyboard.press("Home")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent[0]") == "5"
    page.keyboard.press("Enter")
    page.wait_for_selector("#why[open]")
    assert "#5" in page.inner_text("#why-title")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent[0]") == "5"
    # From the question, the enter key ranks.
    page.fill("#query", "what is open on Mondays?")
    page.focus("#query")
    page.keyboard.press("Enter")
    settle(page)
    until(page, "document.querySelector('#status').textContent.includes('ranked')")


def test_the_language_changes_every_text(visit):
    page = visit()
    page.select_option("#language", "zh")
    assert page.inner_text("#rank") == "排序"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.inner_text("#remain") == "保留 5/5"
    page.reload()
    page.wait_for_selector(".column .card")
    assert page.inner_text("#rank") == "排序"


def test_the_colours_can_be_chosen(visit):
    page = visit(theme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.select_option("#theme", "dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.select_option("#theme", "auto")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_a_server_that_is_gone_is_told(visit, browser):
    page = visit()
    page.route("**/v1/**", lambda route: route.abort())
    page.click("#rank")
    page.wait_for_selector("#error:not([hidden])")
    assert "cannot be reached" in page.inner_text("#error")
    visit.complaints.clear()  # the browser itself tells of requests that failed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_server_refuses_is_told(visit, tmp_path, language):
    with serving(tmp_path, "--max-documents", "4") as at:
        page = visit(at=at, locale=LANGUAGES[language], is_ranked=False)
        page.wait_for_selector("#error:not([hidden])")
        assert "at most 4 are allowed" in page.inner_text("#error")
        picture(page, f"refused-{language}")
    visit.complaints.clear()


def test_a_key_is_asked_for_and_kept_until_the_tab_is_closed(visit, tmp_path):
    with serving(tmp_path, JINGPAI_API_KEYS="secret") as at:
        page = visit(at=at, is_ranked=False)
        until(page, "document.querySelector('#candidates').value !== ''")
        assert not page.locator("#key").is_visible()
        page.click("#rank")
        page.wait_for_selector("#key[open]")
        picture(page, "key", is_whole=False)
        page.fill("#key-input", "wrong")
        page.keyboard.press("Enter")
        until(page, "document.querySelector('#key p').textContent.includes('not accepted')")
        page.wait_for_selector("#key[open]")
        page.fill("#key-input", "secret")
        page.keyboard.press("Enter")
        page.wait_for_selector(".column .card")
        settle(page)
        assert page.evaluate(
            "[localStorage, document.cookie, location.href].every("
            "one => !JSON.stringify(one).includes('secret'))"
        )
        page.click("#show-code")
        assert "$JINGPAI_API_KEY" in page.inner_text("#code-text")
        assert "secret" not in page.inner_text("#code-text")
        page.reload()
        page.wait_for_selector(".column .card")
    visit.complaints.clear()


def serious(page: Any) -> list[str]:
    """What axe-core finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_keeps_people_out(visit, language, theme):
    page = visit(locale=LANGUAGES[language], theme=theme)
    page.fill("#top-k", "3")
    assert serious(page) == []
    page.locator(".column:not(.first) .card").first.click()
    page.wait_for_selector("#why .legend")
    page.locator("#why .words button").first.click()
    page.wait_for_selector("#why .weighed")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.click("#show-code")
    assert serious(page) == []
