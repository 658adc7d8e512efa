"""A case taken elsewhere: as a link, as code, as a table."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.playground import order, rank, settle, until


def test_a_link_holds_the_whole_case_and_is_sent_nowhere(visit):
    page = visit()
    rank(page, "what is 😀 竹?", "one 竹\ntwo\nthree")
    page.fill("#top-k", "2")
    page.select_option("#first", "bm25")
    page.click("#copy-link")
    until(page, "document.querySelector('#status').textContent.includes('Copied')")
    link = page.evaluate("navigator.clipboard.readText()")
    asked: list[str] = []
    other = visit(is_ranked=False, path="/health")
    other.on("request", lambda one: asked.append(one.url))
    other.goto(link)
    other.wait_for_selector(".column .card")
    settle(other)
    assert other.input_value("#query") == "what is 😀 竹?"
    assert other.input_value("#candidates") == "one 竹\ntwo\nthree"
    assert other.input_value("#top-k") == "2"
    assert other.inner_text("#remain") == "2 of 3 remain"
    assert order(other, 1) == order(page, 1)
    assert not any("s=" in url.partition("#")[0] for url in asked)


@pytest.mark.parametrize("fragment", ["#s=%%%", "#s=AAAA", "#s=bm90IGRlZmxhdGU"])
def test_a_broken_link_is_told(visit, fragment):
    page = visit(f"/{fragment}", is_ranked=False)
    page.wait_for_selector("#error:not([hidden])")
    assert "link" in page.inner_text("#error")


def test_the_code_runs_and_finds_the_same_order(visit, tmp_path):
    page = visit()
    rank(page, 'it\'s "quoted" $HOME \\ 竹?', "one 'a' $(x)\ntwo `b`\nthree \\n")
    expected = order(page, 1)
    page.click("#show-code")
    body = {}
    for form in ("json", "curl", "python"):
        page.select_option("#code-form", form)
        code = page.inner_text("#code-text")
        if form == "json":
            body = json.loads(code)
            assert body["documents"] == ["one 'a' $(x)", "two `b`", "three \\n"]
        elif form == "curl":
            done = subprocess.run(["bash"], input=code, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout)["results"]
            assert [one["index"] for one in found] == expected
        else:
            # httpx is there for the tests, and speaks as requests does.
            source = code.replace("requests", "httpx")
            done = subprocess.run(
                [sys.executable, "-c", source], capture_output=True, text=True, check=True
            )
            assert [int(line.split()[0]) for line in done.stdout.splitlines()] == expected
    page.click("#code-copy")
    until(page, "document.querySelector('#code-status').textContent !== ''")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#code-text")


def test_the_results_can_be_taken_along_as_csv(visit):
    page = visit()
    rank(page, "what is it?", '=1+1\n"quoted", and a comma\n竹子')
    with page.expect_download() as coming:
        page.click("#download")
    content = Path(coming.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [int(row["index"]) for row in rows] == order(page, 1)
    assert {row["text"] for row in rows} == {"'=1+1", '"quoted", and a comma', "竹子"}
    assert [row["jingpai-small rank"] for row in rows] == ["1", "2", "3"]
