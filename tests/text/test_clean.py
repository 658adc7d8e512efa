import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.text.clean import clean, replace_surrogates
from jingpai.types import Span

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

# Every kind of character and piece that a stage looks at.
MARKUP = ["<p>", "</p>", "<b>", "</b>", "<br>", "&amp;", "&lt;", "&", "<", "`", "<!--", "-->"]
NOISE = [" ", "  ", "\n", "\t", "\r\n", "\u3000", "\u00a0", "\x00", "\x9f", "\ud800", "\u200b"]
NEEDED = ["\u200c", "\u200d", "\u00ad", "\u202e", "\ufeff", "\ufe0f", "\U000e0067", "\U000e007f"]
LETTERS = ["a", "B", "ß", "é", "中", "ん", "م", "ی", "क", "्", "ന", "👩", "❤", "🏴", "1", ".", "。"]
plain_texts = st.lists(st.sampled_from(NOISE + NEEDED + LETTERS)).map("".join)
texts = st.lists(st.sampled_from(MARKUP + NOISE + NEEDED + LETTERS)).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "one line\nanother one",
        "今天天气很好，我们去公园。",
        "می\u200cخواهم",  # ZWNJ between Persian letters
        "ه\u200d.ش",  # ZWJ that shapes the last letter of an abbreviation
        "क्\u200dष क्\u200cष",  # half form, explicit virama
        "ന്\u200d",  # chillu written with a ZWJ at the end of a word
        "ක්\u200dෂ",  # Sinhala
        f"{FAMILY} 👍🏽 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈 {SCOTLAND}",
        "ﬁ Å ① ㎏ ｶﾞ é",  # nothing is normalised
    ],
)
def test_a_text_with_nothing_to_clean_stays_as_it_is(text):
    assert clean(text).text == text
    assert clean(text).original_span(0, len(text)) == Span(0, len(text))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("dis\u200bcount\u00ad", "discount"),
        ("a\u200cb\u200dc 中\u200d文", "abc 中文"),
        ("\ufeffa\u2060b", "ab"),
        ("\u202eabc\u202c \u2066x\u2069 \u200fא\u200e", "abc x א"),
        ("کتاب\u200c \u200cها", "کتاب ها"),
        ("می\u200c\u200c\u200bخواهم", "می\u200cخواهم"),
        ("می\u200b\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d", "👩"),
        ("👩\u200da", "👩a"),
        ("a\U000e0061\U000e0062b", "ab"),  # tags that only a machine can read
        ("🏴\U000e0067", "🏴"),
        ("🏴\u200d☠\ufe0f", "🏴\u200d☠\ufe0f"),
        ("a\x00b\x1bc\x7f\x80d", "a b c d"),
        ("a\ud800b", "a\ufffdb"),
        ("  a  b\t c \n", "a b c"),
        ("a \r\n\r\n b\x0bc\u2028d\re", "a\nb\nc\nd\ne"),
        ("a\u3000b\u00a0c", "a b c"),
        (" \n\t", ""),
    ],
)
def test_noise_goes_and_words_stay_apart(text, cleaned):
    assert clean(text).text == cleaned


def test_a_span_of_the_cleaned_text_holds_the_markup_inside_of_it():
    original = "<p>one  <b>two</b> &amp; three</p>"
    cleaned = clean(original)
    assert cleaned.text == "one two & three"

    def back(part):
        start = cleaned.text.index(part)
        span = cleaned.original_span(start, start + len(part))
        return original[span.start : span.end]

    assert back("one two") == "one  <b>two"
    assert back("two") == "two"
    assert back("two &") == "two</b> &amp;"
    assert back("&") == "&amp;"
    assert back(cleaned.text) == "one  <b>two</b> &amp; three"


def test_an_empty_span_stays_empty():
    cleaned = clean("<p>a</p>")
    assert cleaned.original_span(0, 0) == Span(3, 3)
    assert cleaned.original_span(1, 1) == Span(8, 8)
    assert clean(" ").original_span(0, 0) == Span(1, 1)


@given(texts)
def test_every_span_of_the_cleaned_text_contains_its_original_characters(original):
    cleaned = clean(original)
    spans = [cleaned.original_span(i, i + 1) for i in range(len(cleaned.text))]
    for character, span in zip(cleaned.text, spans, strict=True):
        assert 0 <= span.start < span.end <= len(original)
        source = original[span.start : span.end]
        if character.isalnum() or character in "्\ufe0f":
            assert source == character
        elif character in {"<", "&"}:
            assert source in {character, "&lt;", "&amp;"}
        elif character in " \n":
            assert (
                re.fullmatch(
                    r"(\s|[\x00\x9f\u00ad\u200b-\u202e\ufeff\U000e0000-\U000e007f])+|"
                    r"</?(p|br)>",
                    source,
                )
                or "<" in source
            )
    assert spans == sorted(spans)
    if spans:
        whole = cleaned.original_span(0, len(cleaned.text))
        assert whole == Span(spans[0].start, spans[-1].end)


@given(plain_texts)
def test_cleaning_twice_is_cleaning_once(text):
    once = clean(text).text
    assert clean(once).text == once


@given(plain_texts)
def test_letters_and_marks_are_never_touched(text):
    def readable(string):
        return [c for c in string if c.isprintable() and not c.isspace() and c != "\ufffd"]

    assert readable(clean(text).text) == readable(text)


@given(texts)
def test_a_cleaned_text_can_be_encoded(text):
    clean(text).text.encode()


@given(st.text(st.characters()))
def test_replacing_surrogates_keeps_every_other_character_in_its_place(text):
    replaced = replace_surrogates(text)
    replaced.encode()
    assert len(replaced) == len(text)
    assert all(b in (a, "\ufffd") for a, b in zip(text, replaced, strict=True))


@given(st.text(st.characters()))
def test_any_text_can_be_cleaned(text):
    cleaned = clean(text)
    cleaned.text.encode()
    assert cleaned.text == cleaned.text.strip()
