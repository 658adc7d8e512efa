"""BM25 as a first stage; needs the extra `evaluation`.

Words are taken as they are, without stems. Chinese, Japanese and Korean become characters and pairs
of characters, Thai, Lao, Khmer and Burmese runs of three, since spaces do not part their words.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import bm25s
import numpy as np
import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_EAST_ASIAN = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}ー"
_UNSPACED = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Marks belong to words: the vowel signs of Devanagari, Bengali, Telugu are marks.
_RUNS = regex.compile(
    rf"(?P<east>[{_EAST_ASIAN}]+)|(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<word>(?:(?![{_EAST_ASIAN}{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])+)"
)


def tokens_of(text: str) -> list[str]:
    """Return the words of a text, and the short stretches of scripts without spaces."""
    found: list[str] = []
    for match in _RUNS.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match[0]
        if match.lastgroup == "east":
            found += [*run, *(_stretches(run, 2) if len(run) > 1 else [])]
        elif match.lastgroup == "unspaced":
            found += _stretches(run, 3)
        else:
            found.append(run)
    return found


def bm25_scores(queries: Sequence[str], texts: Sequence[str]) -> NDArray[np.float32]:
    """Return the score of each text for each query, float32 [queries, texts], as Lucene has it."""
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index([tokens_of(text) for text in texts], show_progress=False)
    scores = np.zeros((len(queries), len(texts)), np.float32)
    for row, query in enumerate(queries):
        if tokens := tokens_of(query):
            scores[row] = index.get_scores(tokens)
    return scores


def _stretches(run: str, size: int) -> list[str]:
    """Return all stretches of `size` characters; the run itself where it is shorter."""
    return [run[start : start + size] for start in range(max(1, len(run) - size + 1))]
