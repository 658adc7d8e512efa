"""Megabytes of everything that makes a careless pattern quadratic.

No time is asserted: where one of these is not linear, it does not end. The daily size is enough
to tell; `make test-all` runs ten megabytes.
"""

import pytest

from jingpai.text.clean import clean
from jingpai.text.passages import split_passages

SIZES = [
    pytest.param(500_000, id="0.5 MB"),
    pytest.param(10_000_000, id="10 MB", marks=pytest.mark.slow),
]

FLOODS = {
    "less-than signs": "<",
    "ampersands": "&",
    "tags that never end": "<a ",
    "attributes that never end": '<a b="',
    "attributes in two quotes": "<a b='<a b=\"",
    "nested comments": "<!--",
    "declarations": "<!doctype <?xml <![CDATA[",
    "references that never end": "&#",
    "scripts that never end": "<script>",
    "script ends that never end": "<script></script ",
    "openings": "<b>",
    "closings": "</b> ",
    "line breaks": "a<br>",
    "references": "&lt;",
    "zero-width spaces": "\u200b",
    "joiners in Latin": "a\u200c",
    "joiners in Persian": "م\u200c",
    "bidirectional controls": "\u202e\u2066",
    "NULs": "\x00",
    "lone surrogates": "\ud800",
    "spaces": " ",
    "blank lines": " \n",
    "spaced letters": "a  ",
    "backticks": "`",
    "fences": "\n```",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unit", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_is_cleaned(unit, size):
    text = unit * (size // len(unit.encode(errors="surrogatepass")))
    cleaned = clean(text)
    assert len(cleaned.text) <= len(text)
    end = len(cleaned.text)
    assert 0 <= cleaned.original_span(max(0, end - 1), end).end <= len(text)


ONE_PIECE = {
    "spaces": ("x", " ", "x"),
    "tag": ("<a", " ", ""),
    "attribute name": ("<a ", "b", ""),
    "attribute value": ("<a b=", "c", ""),
    "attributes": ("<a ", "b=c ", ""),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("before", "unit", "after"), ONE_PIECE.values(), ids=ONE_PIECE.keys())
def test_a_flood_in_one_piece_is_cleaned_to_its_words(before, unit, after, size):
    text = before + unit * (size // len(unit)) + after
    assert clean(text).text.split() == text.split()


@pytest.mark.timeout(120)
def test_fences_that_never_match_are_cleaned():
    text = "".join("\n" + "`" * length for length in range(3, 4_400))
    assert clean(text).text == text.strip()


PASSAGE_FLOODS = {
    "one word": "a",
    "letters": "a ",
    "full stops": ".",
    "spaced full stops": ". ",
    "domain names": "a.",
    "abbreviations": "Dr. ",
    "closing brackets": ".)))))))))))))))))))",
    "quotes": '"',
    "Chinese without a mark": "今天天气很好",
    "Chinese clauses": "一，",
    "Chinese sentences": "一。",
    "lines": "a\n",
    "combining marks": "\u0301",
    "joined emoji": "👨\u200d",
    "Thai": "วันนี้อากาศดี",
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("unit", PASSAGE_FLOODS.values(), ids=PASSAGE_FLOODS.keys())
def test_a_million_characters_are_cut_in_a_few_calls_of_the_counter(unit):
    text = unit * (1_000_000 // len(unit))
    calls = []

    def count_tokens(texts):
        calls.append(len(texts))
        return [len(part) // 2 + 1 for part in texts]

    passages = split_passages(text, count_tokens=count_tokens, limit=400, overlap=50)
    assert len(calls) < 10
    assert len(passages) > 1000
    assert passages[-1].end == len(text.rstrip())
