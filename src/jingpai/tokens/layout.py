"""What stands around the query and the passage of a row, as token ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from jingpai.errors import ModelFilesInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

Ids: TypeAlias = tuple[int, ...]

FixedTexts: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Texts (before the query, after it, before the passage, after it), special tokens among them."""

_PUBLISHED = " Use the tokenizer.json that was published with the model."

_TOKEN_NAME = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Layout:
    """The fixed token ids of a row; the first two belong to its first segment."""

    before_query: Ids
    after_query: Ids
    before_passage: Ids
    after_passage: Ids

    @property
    def size(self) -> int:
        """Tokens of a row beside those of its query and its passage."""
        pieces = (self.before_query, self.after_query, self.before_passage, self.after_passage)
        return sum(len(piece) for piece in pieces)


def written_layout(tokenizer: Tokenizer, texts: FixedTexts) -> Layout:
    """Return the layout that fixed texts make; each text is tokenised on its own.

    Args:
        tokenizer: It must read special tokens as such.
        texts: What is written in angle brackets must be one token.

    Raises:
        ModelFilesInvalid: The vocabulary lacks one of these tokens.
    """
    return Layout(*(tuple(i for text in part for i in _ids_of(tokenizer, text)) for part in texts))


def learnt_layout(tokenizer: Tokenizer) -> Layout:
    """Return the layout in which a tokenizer itself writes a pair.

    Raises:
        ModelFilesInvalid: It does not say how.
    """
    encoding = tokenizer.encode("a", "a")
    pieces = encoding.sequence_ids
    query = [i for i, piece in enumerate(pieces) if piece == 0]
    passage = [i for i, piece in enumerate(pieces) if piece == 1]
    if not query or not passage:
        raise ModelFilesInvalid(
            "tokenizer.json: it does not say how a pair is written (no post-processor for pairs)."
            f"{_PUBLISHED}"
        )
    between = range(query[-1] + 1, passage[0])
    # BERT closes the first segment with its own [SEP]; where all types are 0 (XLM-RoBERTa) the
    # first of the two separators plays that part.
    types = encoding.type_ids
    first = [i for i in between if types[i] == types[query[-1]]]
    if types[query[-1]] == types[passage[0]]:
        first = list(between)[: len(between) - len(between) // 2]
    ids = encoding.ids
    return Layout(
        before_query=tuple(ids[: query[0]]),
        after_query=tuple(ids[i] for i in first),
        before_passage=tuple(ids[i] for i in between if i not in first),
        after_passage=tuple(ids[passage[-1] + 1 :]),
    )


def word_ids(tokenizer: Tokenizer, words: Sequence[str]) -> Ids:
    """Return the ids of words that have to be one token each.

    Raises:
        ModelFilesInvalid: A word is unknown to the vocabulary, or several tokens.
    """
    ids = []
    for word in words:
        found = tokenizer.encode(word, add_special_tokens=False).ids
        if len(found) != 1 or tokenizer.decode(found).strip() != word:
            raise ModelFilesInvalid(
                f"tokenizer.json: the model answers with the word {word!r}, which is no single"
                f" token in it.{_PUBLISHED}"
            )
        ids += found
    return tuple(ids)


def _ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    for name in _TOKEN_NAME.findall(text):
        token_id = tokenizer.token_to_id(name)
        if token_id is None or token_id not in ids:
            raise ModelFilesInvalid(
                f"tokenizer.json: it has no token {name!r}, which the model's template needs."
                f"{_PUBLISHED}"
            )
    return ids
