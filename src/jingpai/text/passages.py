"""Which stretches of a long text are scored one by one?"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import TypeAlias

from jingpai.errors import InvalidInput
from jingpai.text.pieces import halve, split_characters, split_clauses, split_words
from jingpai.text.sentences import split_sentences
from jingpai.types import Span

TokenCounter: TypeAlias = Callable[[Sequence[str]], list[int]]
"""Strings in, the number of tokens of each out."""

_Cut: TypeAlias = Callable[[str, Span], list[Span]]

# Hardly any text has more characters a token; above it, the whole need not be counted first.
_MOST_CHARACTERS_PER_TOKEN = 16


def split_passages(
    text: str, *, count_tokens: TokenCounter, limit: int, overlap: int
) -> list[Span]:
    """Cut a text into passages that begin and end with sentences.

    A sentence over the limit is cut at clauses, then at white space, then anywhere. All positions
    are characters of `text`; the passages hold everything in it but white space, in order.

    Args:
        text: The text, cleaned or not.
        count_tokens: Is called a few times with many strings. A passage's length is taken to be
            the sum of its sentences' lengths.
        limit: Most tokens of a passage, at least 1. Only a single character that has more tokens
            than that makes a longer one.
        overlap: Most tokens that a passage repeats of the one before it, in whole sentences (or in
            whole pieces of a sentence that had to be cut); less than `limit`.

    Returns:
        At least one span: all of the text if it fits, (0, 0) if it is empty.

    Raises:
        InvalidInput: `limit` or `overlap` is out of range.
    """
    _check(limit, overlap)
    if not text or text.isspace():
        return [Span(0, 0)]
    whole = Span(0, len(text))
    if len(text) <= limit * _MOST_CHARACTERS_PER_TOKEN and count_tokens([text])[0] <= limit:
        return [whole]
    pieces, tokens = _fitting_pieces(text, count_tokens=count_tokens, limit=limit)
    if sum(tokens) <= limit:
        return [whole]
    return _packed(pieces, tokens, limit=limit, overlap=overlap)


def _check(limit: int, overlap: int) -> None:
    if limit < 1:
        raise InvalidInput(f"limit of a passage is {limit} tokens; it must be 1 or more")
    if not 0 <= overlap < limit:
        raise InvalidInput(
            f"overlap of passages is {overlap} tokens; it must be from 0 to {limit - 1}, "
            f"less than the {limit} tokens of a passage"
        )


def _fitting_pieces(
    text: str, *, count_tokens: TokenCounter, limit: int
) -> tuple[list[Span], list[int]]:
    """Return the sentences, and the pieces of those over the limit, with their tokens."""
    # Small beside the limit, so that passages can be filled and can overlap.
    size = max(1, limit // 8)
    pieces = split_sentences(text)
    tokens = count_tokens([text[start:end] for start, end in pieces])
    cuts: list[_Cut] = [
        split_clauses,
        partial(split_words, size=size),
        partial(split_characters, size=size),
    ]
    while any(
        count > limit and end - start > 1
        for (start, end), count in zip(pieces, tokens, strict=True)
    ):
        cut = cuts.pop(0) if cuts else halve
        known = dict(zip(pieces, tokens, strict=True))
        pieces = [
            part
            for piece in pieces
            for part in (cut(text, piece) if known[piece] > limit else (piece,))
        ]
        new = [piece for piece in pieces if piece not in known]
        if new:
            counts = count_tokens([text[start:end] for start, end in new])
            known.update(zip(new, counts, strict=True))
        tokens = [known[piece] for piece in pieces]
    return pieces, tokens


def _packed(pieces: list[Span], tokens: list[int], *, limit: int, overlap: int) -> list[Span]:
    """Fill passages with pieces from left to right."""
    before = list(accumulate(tokens, initial=0))  # tokens before each piece
    passages = []
    first = end = 0
    while end < len(pieces):
        end = max(end + 1, bisect_right(before, before[first] + limit) - 1)
        passages.append(Span(pieces[first].start, pieces[end - 1].end))
        if end < len(pieces):
            # What is repeated must leave room for the next piece.
            room = max(before[end] - overlap, before[end + 1] - limit)
            first = bisect_left(before, room, first + 1, end)
    return passages
