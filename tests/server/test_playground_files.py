"""The files of the playground, and how browsers are told to treat them."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest
from support.asgi import ask

from jingpai.explain.demo_cases import CASES
from jingpai.server.http.app import create_app
from jingpai.server.playground.page import PAGE_PATHS
from jingpai.server.settings import Settings

STATIC = resources.files("jingpai.server.playground") / "static"
MOST_BYTES = 300_000


@pytest.fixture
def app(serve):
    service = serve(Settings(api_keys=("secret",)))
    return create_app(service.settings, service)


def get(app, path, *, method="GET", headers=()):
    return ask(app, path=path, method=method, headers=headers)


def text_of(exchange) -> str:
    return b"".join(message.get("body", b"") for message in exchange.sent).decode()


@pytest.mark.parametrize("path", sorted(PAGE_PATHS))
def test_each_file_is_sent_without_a_key_and_under_a_strict_policy(app, path):
    reply = get(app, path)
    assert reply.status == 200
    assert text_of(reply)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert get(app, path, method="HEAD").status == 200


def test_the_page_is_at_the_root_and_what_tei_posts_there_needs_a_key(app):
    assert text_of(get(app, "/")) == text_of(get(app, "/playground"))
    assert get(app, "/", method="POST").status == 401
    assert get(app, "/v1/explain", method="POST").status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/playground/../page.py",
        "/playground/%2e%2e/page.py",
        "/playground/templates/style.css",
        "/x",
    ],
)
def test_nothing_else_is_shown_without_a_key(app, path):
    assert get(app, path).status == 401


def test_a_file_that_a_browser_has_is_not_sent_again(app):
    tag = get(app, "/playground/app.js").headers["etag"]
    again = get(app, "/playground/app.js", headers=[("if-none-match", tag)])
    assert again.status == 304
    assert text_of(again) == ""


def test_the_examples_are_the_cases_of_the_demo(app):
    examples = json.loads(text_of(get(app, "/playground/examples.json")))
    assert [example["query"] for example in examples] == [case.query for case in CASES]
    assert [example["documents"] for example in examples] == [case.documents for case in CASES]


def test_all_files_together_are_small_and_each_one_is_sent():
    files = [file for file in STATIC.iterdir() if file.is_file()]
    assert sum(len(file.read_bytes()) for file in files) < MOST_BYTES
    sent = {path.rpartition("/")[2] for path in PAGE_PATHS}
    assert {file.name for file in files} - sent == {"index.html"}


def test_the_page_names_only_files_of_its_own():
    page = (STATIC / "index.html").read_text("utf-8")
    linked = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert {f"/{link}" for link in linked} <= PAGE_PATHS
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! type=\"module\" src=)", page)
    for file in STATIC.iterdir():
        content = file.read_text("utf-8")
        assert "innerHTML" not in content
        assert set(re.findall(r"https?://[^\s\"'`]+", content)) <= {"http://www.w3.org/2000/svg"}


def messages() -> dict[str, dict[str, str]]:
    source = (STATIC / "messages.js").read_text("utf-8")
    return {
        name: dict(re.findall(r'^  "([^"]+)": "(.*)",$', body, re.MULTILINE))
        for name, body in re.findall(r"const (\w+) = \{\n(.*?)\n\};", source, re.DOTALL)
    }


def test_every_text_is_there_in_both_languages_with_the_same_values_in_it():
    found = messages()
    assert found["en"].keys() == found["zh"].keys()
    for key, english in found["en"].items():
        values = set(re.findall(r"\{\w+\}", english))
        # A place in Chinese may be named where English leaves it out, never the other way round.
        assert values >= set(re.findall(r"\{\w+\}", found["zh"][key])), key
    page = (STATIC / "index.html").read_text("utf-8")
    assert set(re.findall(r'data-say="([^"]+)"', page)) <= found["en"].keys()


def test_the_titles_of_the_demo_are_translated():
    assert {case.title for case in CASES} <= messages()["zh"].keys()
