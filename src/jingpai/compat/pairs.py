"""Pairs as other libraries hand them in: (query, document), in any order, of many queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.errors import InvalidInput
from jingpai.guards import shown
from jingpai.text.fields import Candidates, Fields, advice_on, read_list, read_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.reranker import Reranker
    from jingpai.types import LongQueries


def read_pairs(
    pairs: object, *, name: str, takes_empty_queries: bool = False
) -> list[tuple[str, str]]:
    """Return pairs as tuples of two strings.

    Args:
        pairs: A list of lists, tuples or rows of an array.
        name: What the argument is called in the error.
        takes_empty_queries: Whether a query need not hold anything to read: other libraries
            answer with what their models say of nothing.

    Raises:
        InvalidInput: There is no list, one of its items is no pair of strings, or a query holds
            nothing to read.
    """
    read = []
    for index, pair in enumerate(read_list(pairs, name=name, dimensions=2)):
        parts = _parts(pair)
        if len(parts) != 2 or not isinstance(parts[1], str):
            raise InvalidInput(
                f"{name}[{index}]: got {shown(pair)}; a pair is [query, document], two strings"
                f"{advice_on(parts[1]) if len(parts) == 2 else ''}."
            )
        query = parts[0]
        if not takes_empty_queries or not isinstance(query, str):
            query = read_query(query, name=f"{name}[{index}][0]")
        read.append((str(query), str(parts[1])))  # strings of numpy become Python's
    return read


def read_one_or_many(pairs: object, *, name: str) -> tuple[bool, list[tuple[str, str]]]:
    """Return whether a single pair was handed in and not a list of them, and the pairs.

    Queries that hold nothing to read are taken, as the originals take them.

    Raises:
        InvalidInput: As `read_pairs` says.
    """
    items = read_list(pairs, name=name, dimensions=2)
    is_one = bool(items) and isinstance(items[0], str)
    return is_one, read_pairs([items] if is_one else items, name=name, takes_empty_queries=True)


def _parts(pair: object) -> list[object]:
    """Return the two parts of a pair; of what has no order, or is no list at all, none."""
    try:
        return read_list(pair, name="pair")
    except InvalidInput:
        return []


def score_pairs(
    reranker: Reranker, pairs: Sequence[tuple[str, str]], *, long_queries: LongQueries = "refuse"
) -> list[float]:
    """Return the scores of pairs that `read_pairs` has read, in input order.

    Pairs with the same query need not stand together: it is read once for all of them.

    Args:
        reranker: Gives the scores.
        pairs: Queries and documents.
        long_queries: Whether long queries may be cut.

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
    answers = reranker.score_read(asked, long_queries=long_queries)
    for group, found in zip(places.values(), answers, strict=True):
        for place, score in zip(group, found, strict=True):
            scores[place] = score
    return scores
