"""Which language is spoken."""

from __future__ import annotations

import pytest

from jingpai.language.speech import language, say


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "JINGPAI_LANG": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "JINGPAI_LANG": "ZH"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "JINGPAI_LANG": "klingon"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_environment(environ, expected):
    assert language(environ) == expected


def test_a_text_is_in_the_language_of_the_moment_and_one_without_a_chinese_form_stays(monkeypatch):
    monkeypatch.setenv("JINGPAI_LANG", "zh")
    assert (say("score"), say("no such text")) == ("得分", "no such text")
    monkeypatch.setenv("JINGPAI_LANG", "en")
    assert say("score") == "score"
