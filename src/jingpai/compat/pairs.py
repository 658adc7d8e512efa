"""Pairs as other libraries hand them in: (query, document), in any order, of many queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.text.fields import Candidates, Fields, read_query

if TYPE_CHECKING:
    from jingpai.reranker import Reranker


def read_pairs(pairs: Iterable[object], *, name: str) -> list[tuple[str, str]]:
    """Return pairs as tuples of two strings.

    Args:
        pairs: Lists, tuples or rows of an array.
        name: What the argument is called in the error.

    Raises:
        InvalidInput: One of them is no pair of strings, or its query holds nothing to read.
    """
    read = []
    for index, pair in enumerate(pairs):
        parts = [] if isinstance(pair, str) or not isinstance(pair, Iterable) else list(pair)
        if len(parts) != 2 or not isinstance(parts[1], str):
            raise InvalidInput(
                f"{name}[{index}]: got {pair!r:.80}; a pair is [query, document], two strings."
            )
        query = read_query(parts[0], name=f"{name}[{index}][0]")
        read.append((str(query), str(parts[1])))  # strings of numpy become Python's
    return read


def score_pairs(reranker: Reranker, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Return the scores of pairs that `read_pairs` has read, in input order.

    Pairs with the same query need not stand together: it is read once for all of them.

    Raises:
        BackendFailed: As `Reranker.score` says.
    """
    places: dict[str, list[int]] = {}
    for place, (query, _) in enumerate(pairs):
        places.setdefault(query, []).append(place)
    asked = [
        Candidates(query, [Fields(pairs[place][1]) for place in group])
        for query, group in places.items()
    ]
    scores = [0.0] * len(pairs)
    for group, found in zip(places.values(), reranker.score_read(asked), strict=True):
        for place, score in zip(group, found, strict=True):
            scores[place] = score
    return scores
