"""What all pages have in common: they escape, they miss nothing, they speak both languages."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from jingpai.errors import InvalidInput
from jingpai.explain.explanation import ExplainedDocument, Explanation
from jingpai.explain.sentences import Sentence
from jingpai.pages.explanation import explanation_page
from jingpai.pages.rendering import environment, render, write_page
from jingpai.types import RankedDocument, Span

# Markup, an end of what stands around it, quotes, a template, a format, an override of direction.
HOSTILE = "</title></style><script>alert('1')</script> \"onclick=\" {{ say }} {0} \u202etxet"


class Tags(HTMLParser):
    """Collects the tags, the attributes and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def explanation(text: str) -> Explanation:
    ranked = RankedDocument(0, 0.9, text, Span(0, len(text)), passages=2, truncated=True)
    sentences = (Sentence(Span(2, 9), 0.4), Sentence(Span(11, len(text)), 0.8))
    document = ExplainedDocument(ranked, first_stage=0.8, before=0, sentences=sentences)
    return Explanation(text, (document,), scale="sigmoid", model=text, by="similarity")


def table(text: str) -> dict[str, list[Any]]:
    return {"head": [text, text], "rows": [[text, text]]}


def pages(text: str) -> dict[str, str]:
    """Each page with a text in every place that texts of users reach."""
    reliability = {"plot": "<svg></svg>", "bins": table(text)}
    run = {"model": text, "device": text, "precision": text}
    query = {"id": text, "text": text}
    fallen = [
        {"text": text, "before": 1, "after": 2, "is_relevant": is_relevant}
        for is_relevant in (True, False)
    ]
    model = {
        "run": run,
        "measures": table(text),
        "gains": "<svg></svg>",
        "scores": "<svg></svg>",
        "latency": "<svg></svg>",
        "latency_line": text,
        "losses": [{"query": query, "before": 1.0, "after": 0.5, "documents": fallen}],
        "losses_in_all": 1,
    }
    evaluation = {
        "data": text,
        "facts": text,
        "measure": text,
        "means": "<svg></svg>",
        "languages": table(text),
        "models": [model, model | {"scores": None, "latency": None}],
        "queries": table(text),
    }
    calibration = {"model": text, "lines": [text], "after": reliability, "before": reliability}
    return {
        "explanation": explanation_page(explanation(text)),
        "evaluation": render("evaluation.html", evaluation),
        "calibration": render("calibration.html", calibration),
    }


@pytest.mark.parametrize("name", ["explanation", "evaluation", "calibration"])
def test_a_hostile_text_is_text_and_nothing_else(name):
    harmless, hostile = (Tags(pages(text)[name]) for text in ("x" * len(HOSTILE), HOSTILE))
    assert hostile.tags == harmless.tags
    assert {key for key, _ in hostile.attributes} == {key for key, _ in harmless.attributes}
    assert HOSTILE in hostile.text
    assert "script" not in hostile.tags


@pytest.mark.parametrize("name", ["explanation", "evaluation", "calibration"])
@pytest.mark.parametrize(("language", "code"), [("en", "en"), ("zh", "zh-CN")])
def test_a_page_stands_alone_and_says_its_language(monkeypatch, name, language, code):
    monkeypatch.setenv("JINGPAI_LANG", language)
    found = Tags(pages("x")[name])
    assert ("lang", code) in found.attributes
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in found.attributes
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    links = [value for key, value in found.attributes if key in ("href", "src")]
    assert all(value and value.startswith("#") for value in links)
    assert "url(" not in pages("x")[name]


def test_a_document_stands_in_an_explanation_as_it_was_handed_in():
    text = "\n  One <b>sentence</b>.\n\n\tAnother & more. \n"
    (document,) = explanation(text).documents
    assert document.best is not None
    page = Tags(explanation_page(explanation(text)))
    assert text in page.text
    assert ("class", "shade-8 is-best") in page.attributes
    assert ("class", "shade-4") in page.attributes


def test_a_value_that_is_missing_is_an_error_and_no_empty_place():
    with pytest.raises(UndefinedError, match="model"):
        render("calibration.html", {"lines": []})


def test_all_templates_escape_and_are_read():
    assert environment().autoescape is True
    assert {"base.html", "style.css"} <= set(environment().list_templates())


def test_half_a_surrogate_pair_can_be_written(tmp_path):
    write_page("a\ud800b", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "a?b"


def test_a_page_that_cannot_be_written_is_refused_with_its_name():
    with pytest.raises(InvalidInput, match="nowhere"):
        write_page("", Path("nowhere") / "page.html")
