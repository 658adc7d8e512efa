"""Where the sentences of a document stand."""

from __future__ import annotations

import pytest

from jingpai.explain.scored_sentences import sentence_spans


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It rains. It pours.", ["It rains.", "It pours."]),
        ("竹子是主食。真的吗?是的", ["竹子是主食。", "真的吗?", "是的"]),
        ("😀 Yes. No 😀", ["😀 Yes.", "No 😀"]),
        ("", []),
        (" \n\u200b ", []),
    ],
)
def test_sentences_are_stretches_of_the_text_itself(text, sentences):
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_markup_around_a_sentence_is_no_part_of_it():
    text = "<p>It <b>rains</b>.</p><script>alert(1)</script><p>It&nbsp;pours.</p>"
    found = [text[start:end] for start, end in sentence_spans(text)]
    assert found == ["It <b>rains</b>.", "It&nbsp;pours."]
