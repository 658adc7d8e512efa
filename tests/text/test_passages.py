from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.errors import InvalidInput
from jingpai.text.passages import split_passages
from jingpai.types import Span


def count_words(texts):
    return [len(text.split()) for text in texts]


def count_visible(texts):
    return [sum(not character.isspace() for character in text) for text in texts]


def passages_of(text, *, count_tokens=count_words, limit, overlap=0):
    spans = split_passages(text, count_tokens=count_tokens, limit=limit, overlap=overlap)
    return [text[start:end] for start, end in spans]


def test_a_text_that_fits_is_one_passage():
    assert split_passages("One. Two. ", count_tokens=count_words, limit=2, overlap=1) == [(0, 10)]


def test_a_text_that_fits_is_one_passage_however_long_its_tokens_are():
    text = f"{'x' * 500}. {'y' * 500}."
    assert len(passages_of(text, limit=2)) == 1


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_a_text_without_words_is_one_empty_passage(text):
    assert split_passages(text, count_tokens=count_words, limit=5, overlap=1) == [Span(0, 0)]


def test_passages_are_filled_with_whole_sentences():
    text = "One two. Three four. Five six. Seven."
    assert passages_of(text, limit=5) == ["One two. Three four.", "Five six. Seven."]


def test_passages_repeat_whole_sentences_up_to_the_overlap():
    text = "One two. Three four. Five six. Seven."
    assert passages_of(text, limit=4, overlap=2) == [
        "One two. Three four.",
        "Three four. Five six.",
        "Five six. Seven.",
    ]
    assert passages_of(text, limit=4, overlap=1) == ["One two. Three four.", "Five six. Seven."]


def test_the_overlap_leaves_room_for_the_next_sentence():
    text = "One two. Three four five. Six."
    assert passages_of(text, limit=4, overlap=3) == [
        "One two.",
        "Three four five. Six.",
    ]


def test_a_long_sentence_is_cut_at_clauses():
    text = "one two three, four five six: seven eight; nine."
    assert passages_of(text, limit=4) == [
        "one two three,",
        "four five six:",
        "seven eight; nine.",
    ]


def test_a_long_chinese_sentence_is_cut_at_clauses():
    text = "今天天气很好，我们去公园，大家都高兴。"
    assert passages_of(text, count_tokens=count_visible, limit=8) == [
        "今天天气很好，",
        "我们去公园，",
        "大家都高兴。",
    ]


def test_a_long_clause_is_cut_at_white_space():
    assert passages_of("one two three four five", limit=2) == ["one two", "three four", "five"]


def test_a_long_word_is_cut_anywhere():
    assert passages_of("abcdefg", count_tokens=count_visible, limit=3) == ["abc", "def", "g"]


def test_letters_keep_their_marks_and_emoji_stay_whole():
    family = "👨\u200d👩\u200d👧"
    text = f"ab\u0301\u0302c{family}d👍🏽e"
    passages = passages_of(text, count_tokens=count_visible, limit=6)
    assert "".join(passages) == text
    assert sum(family in passage for passage in passages) == 1
    assert sum("b\u0301\u0302" in passage for passage in passages) == 1
    assert sum("👍🏽" in passage for passage in passages) == 1


def test_a_cluster_longer_than_the_limit_is_cut_all_the_same():
    text = "a" + "\u0301" * 100
    passages = passages_of(text, count_tokens=count_visible, limit=10)
    assert "".join(passages) == text
    assert max(count_visible(passages)) <= 10


def test_a_character_over_the_limit_is_a_passage_of_its_own():
    def count_bytes(texts):
        return [len(text.encode()) for text in texts]

    assert passages_of("a中b", count_tokens=count_bytes, limit=2) == ["a", "中", "b"]


def test_the_counter_is_not_asked_about_nothing():
    def count_tokens(texts):
        assert texts
        return count_visible(texts)

    assert passages_of("abcdef", count_tokens=count_tokens, limit=2)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_an_error(limit):
    with pytest.raises(InvalidInput, match="limit of a passage is"):
        split_passages("a", count_tokens=count_words, limit=limit, overlap=0)


@pytest.mark.parametrize("overlap", [-1, 5, 6])
def test_an_overlap_out_of_range_is_an_error_that_says_the_range(overlap):
    with pytest.raises(InvalidInput, match="must be from 0 to 4"):
        split_passages("a", count_tokens=count_words, limit=5, overlap=overlap)


@given(
    text=st.text(
        st.sampled_from("aB1 ,.!…。，」\n\u0301\u200d👩🏽\u0e01中ん؟।\ud800 "), max_size=200
    ),
    limit=st.integers(1, 20),
    overlap=st.integers(0, 19),
)
def test_passages_cover_the_text_in_order_within_limit_and_overlap(text, limit, overlap):
    overlap = min(overlap, limit - 1)
    spans = split_passages(text, count_tokens=count_visible, limit=limit, overlap=overlap)
    covered: set[int] = set()
    for start, end in spans:
        assert 0 <= start <= end <= len(text)
        assert count_visible([text[start:end]])[0] <= limit
        covered.update(range(start, end))
    assert all(text[i].isspace() for i in range(len(text)) if i not in covered)
    for previous, following in pairwise(spans):
        assert previous.start < following.start
        assert previous.end < following.end
        assert count_visible([text[following.start : previous.end]])[0] <= overlap
    if count_visible([text])[0] <= limit:
        assert len(spans) == 1
