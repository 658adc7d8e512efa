"""Which script a text is written in, where nobody says its language."""

from __future__ import annotations

import unicodedata
from collections import Counter


def script_of(text: str) -> str:
    """Return the script of most letters: `Latin`, `Han`, `Cyrillic`; kana means `Japanese`.

    The first word of a character's Unicode name is its script.
    """
    names = Counter(
        unicodedata.name(letter, "unknown").partition(" ")[0].capitalize()
        for letter in text
        if letter.isalpha()
    )
    if names["Hiragana"] or names["Katakana"]:
        return "Japanese"
    if not names:
        return "unknown"
    script = names.most_common(1)[0][0]
    return "Han" if script == "Cjk" else script
