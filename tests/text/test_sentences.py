from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingpai.text.sentences import split_sentences

SENTENCES = {
    "zh": [
        "我……",
        "不知道。",
        "“你好！”",
        "他说。",
        "价格是3.5元；",
        "真的吗?",
        "是的！！",
        "（完。）",
    ],
    "ja": [
        "吾輩は猫である。",
        "名前はまだ無い。",
        "「どこで生れたか？」",
        "とんと見当がつかぬ｡",
        "終",
    ],
    "ko": ["안녕하세요.", "저는 3.5km를 걸었습니다!", "정말요?", "네."],
    "en": [
        "Dr. Smith, i.e. J. R. Smith, moved to the U.S. on Jan. 5, 1990.",
        "He paid $3.50 (approx. 3 euros) to example.com, e.g. for v2.0.1.",
        '"Really?" he asked.',
        "Yes!",
        "Inc. and Ltd. firms vs. others, see Fig. 3 there.",
        "That was in 2020.",
        "Wait… what?!",
        "The end...",
        "(It was.)",
    ],
    "de": [
        "Am 3. Oktober kam Hr. Müller z. B. nach Berlin.",
        "Das kostet 1.000,50 Euro, d.h. ca. 5 Mio. Yen usw. im Jahr.",
        "„Ach so!“",
        "Gemäß Art. 5 Abs. 2 gilt das 21. Jahrhundert.",
    ],
    "fr": ["M. Dupont et Mme. Curie sont arrivés.", "« Bonjour ! »", "Ça va ?", "Oui."],
    "th": ["วันนี้อากาศดีมาก", "เราไปเดินเล่นในสวน", "ต่างๆ ที่มี", "ในปี 2563 มีคน 5 คน", "กรุงเทพฯ เมือง"],
    "ar": ["كيف حالك؟", "أنا بخير، شكرا.", "مرحبا!"],
    "fa": ["من کتاب می\u200cخوانم.", "شما چطور؟", "خوبم!"],
    "ur": ["میں ٹھیک ہوں۔", "آپ کیسے ہیں؟"],
    "hi": ["यह पहला वाक्य है।", "दूसरा वाक्य॥", "क्या यह तीसरा है?", "हाँ!"],
    "ru": ["Он жил на ул. Ленина, т.е. в центре.", "Потом, в 1995 г. уехал.", "«Да?»", "И всё."],
    "km": ["ខ្ញុំទៅផ្ទះ។", "អ្នកទៅណា?"],
    "my": ["ငါ သွားမယ်။", "သူ လာမယ်။"],
    "am": ["ሰላም ነው።", "እንዴት ነህ፧"],
    "hy": ["Բարեւ ձեզ։", "Ինչպես եք։"],
    "el": ["Τι κάνεις;", "Καλά."],
}
UNSPACED = {"zh", "ja"}


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_of_a_language_are_found(language):
    sentences = SENTENCES[language]
    if language == "el":
        sentences = [sentence.replace(";", "\u037e") for sentence in sentences]
    text = ("" if language in UNSPACED else " ").join(sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


def test_mixed_scripts_are_cut_at_the_marks_of_each():
    text = "这是第一句.这是第二句!iPhone很好。It works. 次の文です。हाँ। نعم؟ Ende."
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "这是第一句.",
        "这是第二句!",
        "iPhone很好。",
        "It works.",
        "次の文です。",
        "हाँ।",
        "نعم؟",
        "Ende.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Yahoo!知恵袋とNode.js",
        "价格是３．５元",
        "He said no! and left",
        "J. K. Rowling",
        "1. First of all",
        ". . . .",
        "www.example.com/a?b=c!d",
        "a hard\nwrapped line",
    ],
)
def test_marks_that_end_nothing_do_not_cut(text):
    assert len(split_sentences(text)) == 1


def test_lines_are_sentences_unless_they_go_on_in_lower_case():
    text = "Heading\nA line that\r\nis wrapped\n- item\n\nlower after a blank line"
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "Heading",
        "A line that\r\nis wrapped",
        "- item",
        "lower after a blank line",
    ]


def test_a_text_without_words_has_no_sentence():
    assert split_sentences("") == []
    assert split_sentences(" \n\u3000") == []


@given(st.text(st.sampled_from('aB1 .!?…。！？」)"»\n\u0e01\u0e46 ،؟।中ん')))
def test_sentences_hold_everything_but_white_space_in_order(text):
    spans = split_sentences(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
