"""The orders side by side: what stands where, what is cut, several models."""

from __future__ import annotations

import pytest
from support.playground import order, picture, serving, settle, until

from jingpai.embedder import Embedder
from jingpai.explain.demo_cases import CASES
from jingpai.reranker import Reranker

LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}


@pytest.mark.parametrize("width", [375, 768, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_is_ranked_and_explained(visit, language, theme, width):
    page = visit(locale=LANGUAGES[language], theme=theme, width=width)
    name = f"{language}-{theme}-{width}"
    picture(page, f"compare-{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".column:not(.first) .card").first.click()
    page.wait_for_selector("#why .best")
    picture(page, f"why-{name}", is_whole=False)
    page.locator("#why .words button").first.click()
    page.wait_for_selector("#why .weighed")
    page.locator("#why .weighed").scroll_into_view_if_needed()
    picture(page, f"words-{name}", is_whole=False)
    assert page.locator("#why").evaluate("one => one.scrollWidth <= one.clientWidth")
    page.keyboard.press("Escape")
    assert not page.locator("#why").evaluate("one => one.open")
    page.click("#show-code")
    picture(page, f"code-{name}", is_whole=False)


def test_the_orders_are_those_of_the_library(visit):
    page = visit()
    with Reranker() as reranker, Embedder() as embedder:
        for number, case in enumerate(CASES):
            page.select_option("#example", str(number))
            until(
                page,
                "text => document.querySelector('.column:not(.first)').textContent.includes(text)",
                arg=case.documents[0][:20],
            )
            settle(page)
            expected = [one.index for one in reranker.rank(case.query, case.documents)]
            assert order(page, 1) == expected
            query = embedder.embed_queries([case.query])[0]
            cosines = (embedder.embed_passages(case.documents) @ query).tolist()
            before = sorted(range(len(cosines)), key=lambda index: -cosines[index])
            assert order(page, 0) == before


def test_threshold_and_top_k_grey_what_they_cut_and_say_how_many_remain(visit):
    page = visit()
    assert page.inner_text("#remain") == "5 of 5 remain"
    page.fill("#top-k", "2")
    assert page.inner_text("#remain") == "2 of 5 remain"
    assert page.locator(".column:not(.first) li.is-cut").count() == 3
    assert page.locator(".lines path.is-cut").count() == 3
    page.fill("#top-k", "")
    page.locator("#threshold").evaluate(
        "one => { one.value = 0.5; one.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    scores = page.locator(".column:not(.first) .score").all_inner_texts()
    kept = sum(float(score) >= 0.5 for score in scores)
    assert 0 < kept < 5
    assert page.inner_text("#remain") == f"{kept} of 5 remain"
    assert page.inner_text("#threshold-value") == "0.50"
    picture(page, "threshold")
    page.select_option("#scale", "logit")
    assert page.inner_text("#threshold-value") == "0.00"
    assert "logit" in page.locator(".column:not(.first) .axis").inner_text()
    assert page.inner_text("#remain") == f"{kept} of 5 remain"


def test_each_first_stage_has_an_order_of_its_own(visit):
    page = visit()
    page.select_option("#first", "input")
    assert order(page, 0) == [0, 1, 2, 3, 4]
    page.select_option("#first", "bm25")
    scores = [float(one) for one in page.locator(".first .score").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    assert "BM25, 0 to" in page.locator(".first .axis").inner_text()


def test_200_candidates_are_shown_with_progress_and_can_be_cancelled(visit):
    page = visit()
    page.fill("#candidates", "\n".join(f"Text {number} about pandas." for number in range(200)))
    page.click("#rank")
    until(page, "/\\d+ of 400/.test(document.querySelector('#status').textContent)")
    page.click("#cancel")
    settle(page)
    assert page.inner_text("#status") == "Cancelled."
    assert page.locator(".column:not(.first) li").count() == 5
    page.click("#rank")
    until(page, "document.querySelectorAll('.column:not(.first) li').length === 200")
    settle(page)
    assert page.locator(".lines path").count() == 200
    picture(page, "many")


@pytest.mark.parametrize("width", [375, 1440])
def test_several_models_stand_side_by_side(visit, tmp_path, tiny_folder, width):
    with serving(tmp_path, "-m", "small=jingpai-small", "-m", f"tiny={tiny_folder}") as at:
        page = visit(at=at, width=width)
        assert page.locator(".column h3").all_inner_texts()[1:] == ["small", "tiny"]
        assert page.locator(".lines").count() == 2
        first, second = order(page, 1), order(page, 2)
        apart = {
            index: abs(first.index(index) - second.index(index)) for index in range(len(first))
        }
        marks = page.locator(".card.apart")
        marked = marks.evaluate_all("all => all.map(one => one.dataset.index)")
        assert {int(index) for index in marked} == {i for i, places in apart.items() if places >= 2}
        picture(page, f"models-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.uncheck("input[value=tiny]")
        page.click("#rank")
        until(page, "document.querySelectorAll('.column').length === 2")
        page.close()  # before its server goes
