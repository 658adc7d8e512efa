"""BM25 over a handful of candidates: the order that shared words alone would give.

A list of candidates is small, so its index is a few counters, and needs no package. Words are taken
as they are, without stems; the scripts that do not part words by spaces become short stretches.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from tokenizers import Regex
from tokenizers.pre_tokenizers import PreTokenizer, Split
from tokenizers.pre_tokenizers import Sequence as InTurn

from jingpai.text.clean import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

# As Lucene has them.
_K1, _B = 1.2, 0.75

_EAST_ASIAN = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー"
_UNSPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_IS_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_IS_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def words_of(text: str) -> list[str]:
    """Return the words of a text, and the short stretches of scripts without spaces.

    Chinese, Japanese and Korean become characters and pairs of them; Thai, Lao, Khmer and Burmese
    become runs of three.
    """
    plain = unicodedata.normalize("NFKC", clean(text).text).casefold()
    found: list[str] = []
    for run, _ in _runs().pre_tokenize_str(plain):
        if _IS_EAST_ASIAN.match(run):
            found += [*run, *(_stretches(run, 2) if len(run) > 1 else [])]
        elif _IS_UNSPACED.match(run):
            found += _stretches(run, 3)
        else:
            found.append(run)
    return found


def bm25_scores(query: str, texts: Sequence[str]) -> list[float]:
    """Return the score of each text for a query; 0 where no word is shared.

    How rare a word is, is taken from these texts alone.
    """
    counts = [Counter(words_of(text)) for text in texts]
    lengths = [sum(count.values()) for count in counts]
    average = sum(lengths) / max(1, len(lengths)) or 1.0
    weights = {
        word: times * _rarity(sum(word in count for count in counts), of=len(counts))
        for word, times in Counter(words_of(query)).items()
    }
    return [
        math.fsum(
            weight * count[word] / (count[word] + _K1 * (1 - _B + _B * length / average))
            for word, weight in weights.items()
            if word in count
        )
        for count, length in zip(counts, lengths, strict=True)
    ]


def _rarity(texts: int, *, of: int) -> float:
    return math.log(1 + (of - texts + 0.5) / (texts + 0.5))


@cache
def _runs() -> PreTokenizer:
    """Return what parts a text into runs of one kind of script; marks belong to their letters."""
    return InTurn(
        [
            Split(Regex(r"[^\p{L}\p{M}\p{N}]+"), "removed"),
            Split(Regex(f"[{_EAST_ASIAN}]+"), "isolated"),
            Split(Regex(f"[{_UNSPACED}]+"), "isolated"),
        ]
    )


def _stretches(run: str, size: int) -> list[str]:
    """Return all stretches of `size` characters; the run itself where it is shorter."""
    return [run[start : start + size] for start in range(max(1, len(run) - size + 1))]
