"""Which language the command line speaks, and how a text gets into it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, TypeAlias

from jingpai.language.chinese import CHINESE

if TYPE_CHECKING:
    from collections.abc import Mapping

Language: TypeAlias = Literal["en", "zh"]


def language(environ: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the environment: JINGPAI_LANG, else what the locale variables say."""
    asked = environ.get("JINGPAI_LANG", "").lower()
    if asked in ("en", "zh"):
        return "zh" if asked == "zh" else "en"
    # POSIX: the first of the three that is not empty decides.
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


def say(english: str) -> str:
    """Return a text in the user's language; one without a Chinese form stays as it is."""
    return CHINESE.get(english, english) if language() == "zh" else english
