"""The words of a text, as BM25 counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.first_stage.words import words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bamboo's ２", ["bamboo", "s", "2"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("cafe\u0301 café", ["café", "café"]),
        ("熊猫", ["熊", "猫", "熊猫"]),
        ("猫eats", ["猫", "eats"]),
        ("カード", ["カ", "ー", "ド", "カー", "ード"]),
        ("ﾊﾟﾝﾀﾞ", ["パ", "ン", "ダ", "パン", "ンダ"]),
        ("한국", ["한", "국", "한국"]),
        ("⻌", ["⻌"]),  # a radical: a symbol that stands for a character
        ("𛀁𛀁", ["𛀁", "𛀁", "𛀁𛀁"]),  # beyond the first plane
        ("ไผ่", ["ไผ่"]),
        ("กินไผ่", ["กิน", "ินไ", "นไผ", "ไผ่"]),
        ("បាទ។ ទេ", ["បាទ", "ទេ"]),
        ("ꩠꩡꩢꩣ", ["ꩠꩡꩢ", "ꩡꩢꩣ"]),  # Burmese letters outside of the main block
        ("บาส1", ["บาส", "1"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ПАНДА", ["панда"]),
        ("!? _", []),
        ("", []),
    ],
)
def test_words_are_those_of_their_script(text, words):
    assert words_of(text) == words


def test_only_words_of_scripts_with_spaces_are_stemmed():
    assert words_of("Pandas 熊猫 ไผ่", stem=lambda word: word.removesuffix("s")) == [
        *("panda", "熊", "猫", "熊猫", "ไผ่")
    ]


@given(st.text())
def test_what_stands_between_words_is_no_word(text):
    assert all(any(map(str.isalnum, word)) or not word.isascii() for word in words_of(text))
    assert words_of(f" {text}. ") == words_of(text)
