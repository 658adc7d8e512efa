"""What people paste, drop and open, and what is said where it cannot be used."""

from __future__ import annotations

import pytest
from support.playground import picture, rank, until

SCRIPT = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_what_is_pasted_is_shown_as_text(visit, tmp_path):
    page = visit()
    rank(page, f"what is {SCRIPT}?", f"{SCRIPT} one\nplain two")
    assert page.locator(".column img, .column script, #why img").count() == 0
    assert SCRIPT in page.locator(".column:not(.first)").inner_text()
    page.locator(".column:not(.first) .card").first.click()
    page.wait_for_selector("#why .document mark, #why h3")
    page.wait_for_selector("#why .legend")
    assert SCRIPT in page.locator("#why .asked").inner_text()
    page.keyboard.press("Escape")
    file = tmp_path / "<img src=x onerror=alert(3)>.json"
    file.write_text("{")
    page.set_input_files("#files", file)
    page.wait_for_selector("#error:not([hidden])")
    assert "<img src=x onerror=alert(3)>.json" in page.inner_text("#error")
    assert page.evaluate("document.images.length") == 0


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.txt", "one\n\r\n", ["one"]),
        ("a.txt", "first\nof two\n\nsecond", ["first\nof two", "second"]),
        ("a.md", "# title\n\nsome text", ["# title", "some text"]),
        ("a.jsonl", '"one"\n{"text": "two\\nlines"}\n', ["one", "two\nlines"]),
        ("a.json", '{"documents": ["one", {"content": "two"}]}', ["one", "two"]),
        ("a.csv", 'id,text\n1,"one, ""quoted"""\n2,two\n', ['one, "quoted"', "two"]),
        ("a.csv", "1,a long cell\n2,another long cell", ["a long cell", "another long cell"]),
    ],
)
def test_files_become_candidates(visit, tmp_path, name, content, texts):
    page = visit()
    file = tmp_path / name
    file.write_text(content, "utf-8", newline="")
    page.fill("#candidates", "")
    page.set_input_files("#files", file)
    until(page, "document.querySelector('#candidates').value !== ''")
    found = page.evaluate(
        """async () => (await import('/playground/candidates.js')).splitText(
            document.querySelector('#candidates').value, document.querySelector('#split').value)"""
    )
    assert found == texts


def test_chinese_files_in_gb18030_are_read(visit, tmp_path):
    page = visit()
    file = tmp_path / "a.txt"
    file.write_bytes("大熊猫\n竹子".encode("gb18030"))
    page.set_input_files("#files", file)
    until(page, "document.querySelector('#candidates').value === '大熊猫\\n竹子'")


def test_a_paste_of_5_mb_gives_a_sentence_and_is_kept_out(visit, tmp_path):
    page = visit()
    page.fill("#candidates", "")
    page.focus("#candidates")
    page.evaluate("navigator.clipboard.writeText('panda '.repeat(900_000))")
    page.keyboard.press("Control+V")
    page.wait_for_selector("#error:not([hidden])")
    assert "5.4 MB" in page.inner_text("#error")
    assert page.input_value("#candidates") == ""
    file = tmp_path / "a.txt"
    file.write_text("panda " * 900_000)
    page.set_input_files("#files", file)
    until(page, "document.querySelector('#error').textContent.includes('MB')")
    assert page.input_value("#candidates") == ""


@pytest.mark.parametrize(
    ("query", "candidates", "words"),
    [("", "one", "question"), ("q", " \n ", "candidate"), ("q", "x\n" * 1001, "1001")],
)
def test_what_cannot_be_ranked_is_said_in_a_sentence(visit, query, candidates, words):
    page = visit()
    rank(page, query, candidates)
    page.wait_for_selector("#error:not([hidden])")
    assert words in page.inner_text("#error")


def test_text_from_right_to_left_is_shown_so(visit):
    page = visit(width=768)
    rank(
        page,
        "ماذا يأكل الباندا؟",
        "يتغذى الباندا العملاق على الخيزران. ينام كثيرا.\nהפנדה אוכלת במבוק.\nShips sail.",
    )
    directions = page.locator(".column:not(.first) .text").evaluate_all(
        "all => all.map(one => [one.closest('li').dataset.index, getComputedStyle(one).direction])"
    )
    assert dict(directions) == {"0": "rtl", "1": "rtl", "2": "ltr"}
    picture(page, "right-to-left")
    page.locator(".column:not(.first) .card").first.click()
    page.wait_for_selector("#why .legend")
    picture(page, "right-to-left-why", is_whole=False)
