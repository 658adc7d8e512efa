"""Passages written to fool a reranker, out of a question and the passage that answers it.

The answer with its number or its name exchanged, the question echoed, navigation. Used by mine.py.
"""

import random
import re
from collections import defaultdict
from difflib import SequenceMatcher

import regex
import tomllib

from recipe.places import FACTS

FILLER = FACTS / "filler.toml"
NO_SPACES = ("zh", "zh-Hant", "ja")
# Capitalised words, but not the first of the question, which is always capitalised.
NAME = regex.compile(r"(?<=[\p{L}\p{N},’'\"«(] )\p{Lu}[\p{L}\p{M}]+(?: \p{Lu}[\p{L}\p{M}]+)*")
# Ideographs, katakana and Latin letters, without the commonest words that stand in no name.
SHARED = re.compile(r"[\u3400-\u9fff\u30a0-\u30ffA-Za-z0-9·]{2,12}")
NO_NAME = re.compile("[的是了在和有个們们么什何哪谁誰不会會于於被与與及其时時為为]")


class Counterfeits:
    """Writes false passages; learns names as it meets them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.filler = tomllib.loads(FILLER.read_text(encoding="utf-8"))
        self.names: dict[str, list[str]] = defaultdict(list)

    def another_number(self, query: str, passage: str) -> str | None:
        """The passage with a number of the question changed wherever it stands."""
        numbers = [n for n in re.findall(r"\d+", query) if len(n) > 1 and n in standing(passage)]
        if not numbers:
            return None
        number = self.rng.choice(numbers)
        step = self.rng.choice((-30, -12, -7, -3, -2, -1, 1, 2, 4, 9, 20))
        other = str(abs(int(number) + step))
        return re.sub(rf"(?<!\d){number}(?!\d)", other, passage) if other != number else None

    def shared_name(self, query: str, passage: str, *, language: str) -> str | None:
        """What looks like a name and stands in both texts."""
        if language in NO_SPACES:
            match = SequenceMatcher(None, query, passage, autojunk=False).find_longest_match()
            found = query[match.a : match.a + match.size]
            if not SHARED.fullmatch(found) or NO_NAME.search(found):
                return None
            self.names[language].append(found)
            return found
        for found in sorted(NAME.findall(query), key=len, reverse=True):
            if re.search(rf"\b{re.escape(found)}\b", passage):
                self.names[language].append(found)
                return found
        return None

    def another_name(self, name: str, language: str) -> str | None:
        """A name of the same language; none while too few are known."""
        others = [other for other in self.names[language][-200:] if other != name]
        return self.rng.choice(others) if len(others) > 5 else None

    def echo(self, query: str, language: str) -> str:
        """The question, bare or wrapped in words that say nothing."""
        language = "zh" if language == "zh-Hant" else language
        if language not in self.filler or self.rng.random() < 0.2:
            return self.rng.choice(("{}", "{}", "Q: {}", "# {}", "{} {}")).replace("{}", query)
        return self.rng.choice(self.filler[language]["echo"]).replace("{question}", query)

    def navigation(self) -> str:
        """What surrounds the text of a page."""
        return self.rng.choice(self.filler[self.rng.choice(list(self.filler))]["navigation"])


def standing(text: str) -> set[str]:
    """The numbers of a text, as written."""
    return set(re.findall(r"\d+", text))
