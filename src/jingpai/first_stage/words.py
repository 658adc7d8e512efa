"""What are the words of a text, in any script, as BM25 counts them?

Words are taken as they are, without stems. Scripts that do not part words by spaces become short
stretches: Chinese, Japanese and Korean characters and pairs of characters, Thai, Lao, Khmer and
Burmese runs of three. (Korean has spaces, but glues particles to its words.)
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from tokenizers import Regex
from tokenizers.pre_tokenizers import PreTokenizer, Split
from tokenizers.pre_tokenizers import Sequence as InTurn

if TYPE_CHECKING:
    from collections.abc import Callable

_Script: TypeAlias = Literal["east asian", "unspaced"]

_STRETCHED: dict[_Script, str] = {
    "east asian": r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー]",
    "unspaced": r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]",
}
# Marks belong to words: the vowel signs of Devanagari, Bengali, Telugu are marks. Radicals of Han
# are symbols, but stand for characters.
_BETWEEN_WORDS = r"[^\p{L}\p{M}\p{N}\p{Han}]"


def words_of(text: str, *, stem: Callable[[str], str] | None = None) -> list[str]:
    """Return the words of a text, and the short stretches of scripts without spaces.

    Letters and digits are folded: width, case and ways to compose a character do not tell words
    apart. The text is taken as it is; clean it beforehand where it may hold markup.

    Args:
        text: In any script, or in several.
        stem: Takes the ending off a word of a script with spaces.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for run, _ in _runs().pre_tokenize_str(plain):
        script = _script(run[0])
        if script == "east asian":
            found += run
            if len(run) > 1:
                found += _stretches(run, 2)
        elif script == "unspaced":
            found += _stretches(run, 3)
        else:
            found.append(run if stem is None else stem(run))
    return found


@cache
def _runs() -> PreTokenizer:
    """Return what parts a text into runs of one kind of script."""
    return InTurn(
        [
            Split(Regex(f"{_BETWEEN_WORDS}+"), "removed"),
            *(Split(Regex(f"{letters}+"), "isolated") for letters in _STRETCHED.values()),
        ]
    )


@lru_cache(maxsize=1 << 14)
def _script(character: str) -> _Script | None:
    """Tell of which kind a run is by its first character; None is a script with spaces."""
    for script, splits in _removals().items():
        if not splits.pre_tokenize_str(character):
            return script
    return None


@cache
def _removals() -> dict[_Script, PreTokenizer]:
    # The expressions that part runs also tell them apart: the two cannot disagree.
    return {script: Split(Regex(letters), "removed") for script, letters in _STRETCHED.items()}


def _stretches(run: str, size: int) -> list[str]:
    """Return all stretches of `size` characters; the run itself where it is shorter."""
    return [run[start : start + size] for start in range(max(1, len(run) - size + 1))]
