"""BM25: the order that shared words alone give, as Lucene computes it.

A handful of candidates needs no package: their index is a few counters. That of a corpus is built
by bm25s, of the extra `evaluation`. The scores of both are the same.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from jingpai.extras import needing
from jingpai.first_stage.words import words_of
from jingpai.text.clean import clean
from jingpai.text.fields import whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from jingpai.types import DocumentLike

_K1, _B = 1.2, 0.75


def candidate_scores(query: str, documents: Iterable[DocumentLike]) -> list[float]:
    """Return the score of each document for a query; 0 where no word is shared.

    How rare a word is, is taken from these documents alone.
    """
    counts = [Counter(_document_words(document)) for document in documents]
    lengths = [sum(count.values()) for count in counts]
    average = sum(lengths) / max(1, len(lengths)) or 1.0
    weights = {
        word: times * _rarity(sum(word in count for count in counts), of=len(counts))
        for word, times in Counter(_clean_words(query)).items()
    }
    return [
        math.fsum(
            weight * count[word] / (count[word] + _K1 * (1 - _B + _B * length / average))
            for word, weight in weights.items()
            if word in count
        )
        for count, length in zip(counts, lengths, strict=True)
    ]


def index_documents(documents: Iterable[DocumentLike]) -> WordIndex:
    """Return the index of a corpus, made of the words that `candidate_scores` sees.

    Raises:
        MissingExtra: bm25s is not installed.
    """
    return WordIndex(map(_document_words, documents))


class WordIndex:
    """The words of a corpus, counted once for any number of queries."""

    def __init__(self, texts: Iterable[Sequence[str]]) -> None:
        """Count the words of each text.

        Raises:
            MissingExtra: bm25s is not installed.
        """
        with needing("evaluation", what="BM25 over a corpus", packages="bm25s"):
            import bm25s
        words = [list(text) for text in texts]
        self._size = len(words)
        self._index = None
        if any(words):  # bm25s cannot count nothing
            self._index = bm25s.BM25(k1=_K1, b=_B, method="lucene")
            self._index.index(words, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Return the score of each text for a query, float32 [texts]; 0 where no word is shared."""
        return self.scores_of_words(_clean_words(query))

    def scores_of_words(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the same for the words of a query, parted as those of the texts were."""
        if self._index is None or not words:
            return np.zeros(self._size, np.float32)
        scores: NDArray[np.float32] = self._index.get_scores(list(words))
        return scores


def _document_words(document: DocumentLike) -> list[str]:
    return _clean_words(whole_text(document))


def _clean_words(text: str) -> list[str]:
    return words_of(clean(text).text)


def _rarity(texts: int, *, of: int) -> float:
    return math.log(1 + (of - texts + 0.5) / (texts + 0.5))
