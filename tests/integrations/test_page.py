"""The page in two languages; its code is run in the environments of the frameworks."""

from __future__ import annotations

import ast

from page import PAGES, blocks, sections


def test_both_languages_have_the_same_sections():
    english, chinese = (list(sections(name)) for name in PAGES)
    assert english == chinese


def test_both_languages_show_the_same_code():
    english, chinese = ([blocks(text) for text in sections(name).values()] for name in PAGES)
    assert english == chinese


def test_every_section_has_code_that_is_python():
    for heading, text in sections(PAGES[0]).items():
        assert [ast.parse(code) for kind, code in blocks(text) if kind == "python"], heading
