"""Pairs in, rows out: strings become token ids, and only the passage is ever cut."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tokenizers import Tokenizer

from jingpai.errors import InputTooLong, ModelFilesInvalid

if TYPE_CHECKING:
    from tokenizers import Encoding

Ids: TypeAlias = tuple[int, ...]

SpecialTokens: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Special tokens (before the query, after it, before the passage, after it)."""


LOOK_CHARACTERS = 64
"""Tokens of real text are shorter than this; so many characters a token show whether a text is
over a limit without reading all of a very long one."""


class Row(NamedTuple):
    """The token ids of one pair.

    Attributes:
        ids: Token ids, special tokens included.
        query_length: Tokens of the first segment: the query and the special tokens around it.
        characters: How many characters of the passage the ids stand for.
        dropped: Tokens of the passage that did not fit.
    """

    ids: Ids
    query_length: int
    characters: int
    dropped: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """Special token ids around the two pieces of a pair."""

    before_query: Ids
    after_query: Ids
    before_passage: Ids
    after_passage: Ids

    @property
    def size(self) -> int:
        pieces = (self.before_query, self.after_query, self.before_passage, self.after_passage)
        return sum(len(piece) for piece in pieces)


class PairTokenizer:
    """Turns pairs into rows of at most `max_tokens` ids.

    Neither truncation nor padding of the underlying tokenizer is ever switched on, because that
    would change shared state: several threads may use one `PairTokenizer` at once.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        max_tokens: int,
        passage_tokens: int | None = None,
        special_tokens: SpecialTokens | None = None,
    ) -> None:
        """Take over a tokenizer.

        Args:
            tokenizer: Its truncation and padding are switched off.
            max_tokens: Most tokens of a row, special tokens included.
            passage_tokens: Most tokens of a passage; None is all that the query leaves.
            special_tokens: Around the two pieces; None is as the tokenizer itself writes a pair.
        """
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # A document that holds "</s>" is read as these four characters, not as the end of a row.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._layout = _read_layout(tokenizer, special_tokens)
        self._max_tokens = max_tokens
        self._passage_tokens = max_tokens if passage_tokens is None else passage_tokens

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        max_tokens: int,
        passage_tokens: int | None = None,
        special_tokens: SpecialTokens | None = None,
    ) -> PairTokenizer:
        """Read `tokenizer.json`, or its gzipped form, from a model's folder.

        Raises:
            ModelFilesInvalid: There is no such file, or it cannot be read.
        """
        return cls(
            _load_tokenizer(folder),
            max_tokens=max_tokens,
            passage_tokens=passage_tokens,
            special_tokens=special_tokens,
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens not counted."""
        return [len(encoding) for encoding in self._encode(texts)]

    def encode_query(self, query: str) -> Ids:
        """Return the ids of a query, without special tokens.

        Raises:
            InputTooLong: The query leaves no token for a passage.
        """
        ids = tuple(self._encode([query])[0].ids)
        length = len(ids) + self._layout.size
        if length >= self._max_tokens:
            raise InputTooLong(
                f"query: {length} tokens with its special tokens, but the model reads "
                f"{self._max_tokens} for query and passage together. Shorten the query"
                " or raise max_tokens, up to the model's own limit"
                " (`jingpai models` lists the limits)."
            )
        return ids

    def room(self, query_ids: Ids) -> int:
        """Return how many tokens of a passage are read beside a query."""
        return min(self._max_tokens - self._layout.size - len(query_ids), self._passage_tokens)

    def rows(self, query_ids: Ids, passages: Sequence[str]) -> list[Row]:
        """Return one row a passage, in order; a passage that does not fit is cut at its end."""
        layout = self._layout
        head = (*layout.before_query, *query_ids, *layout.after_query)
        room = self.room(query_ids)
        rows = []
        for passage, encoding in zip(passages, self._encode(passages), strict=True):
            ids = encoding.ids
            dropped = max(0, len(ids) - room)
            characters = encoding.offsets[room - 1][1] if dropped else len(passage)
            row = (*head, *layout.before_passage, *ids[:room], *layout.after_passage)
            rows.append(Row(row, len(head), characters, dropped))
        return rows

    def cut(self, text: str, *, limit: int) -> str:
        """Return the beginning of a text that has at most `limit` tokens."""
        encoding = self._encode([text])[0]
        return text if len(encoding) <= limit else text[: encoding.offsets[limit - 1][1]]

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch(list(texts), add_special_tokens=False)


def _load_tokenizer(folder: Path) -> Tokenizer:
    plain, packed = folder / "tokenizer.json", folder / "tokenizer.json.gz"
    path = packed if packed.is_file() else plain
    try:
        content = path.read_bytes()
        return Tokenizer.from_buffer(gzip.decompress(content) if path is packed else content)
    # The library raises a bare Exception for a file that it cannot parse.
    except Exception as error:
        raise ModelFilesInvalid(
            f"{path}: not a tokenizer that can be read ({error}). Fetch the model again with"
            " `jingpai pull MODEL --force`, or copy the published tokenizer.json into the folder."
        ) from error


def _read_layout(tokenizer: Tokenizer, special_tokens: SpecialTokens | None) -> _Layout:
    """Take the layout from the names given, or learn it from how a pair is encoded."""
    if special_tokens is not None:
        return _Layout(*(_ids_of(tokenizer, names) for names in special_tokens))
    encoding = tokenizer.encode("a", "a")
    pieces = encoding.sequence_ids
    query = [i for i, piece in enumerate(pieces) if piece == 0]
    passage = [i for i, piece in enumerate(pieces) if piece == 1]
    if not query or not passage:
        raise ModelFilesInvalid(
            "tokenizer.json: it does not say how a pair is written (no post-processor for pairs)."
            " Use the tokenizer.json that was published with the model."
        )
    between = range(query[-1] + 1, passage[0])
    # BERT closes the first segment with its own [SEP]; where all types are 0 (XLM-RoBERTa) the
    # first of the two separators plays that part.
    types = encoding.type_ids
    first = [i for i in between if types[i] == types[query[-1]]]
    if types[query[-1]] == types[passage[0]]:
        first = list(between)[: len(between) - len(between) // 2]
    ids = encoding.ids
    return _Layout(
        before_query=tuple(ids[: query[0]]),
        after_query=tuple(ids[i] for i in first),
        before_passage=tuple(ids[i] for i in between if i not in first),
        after_passage=tuple(ids[passage[-1] + 1 :]),
    )


def _ids_of(tokenizer: Tokenizer, names: Sequence[str]) -> Ids:
    ids = []
    for name in names:
        token_id = tokenizer.token_to_id(name)
        if token_id is None:
            raise ModelFilesInvalid(
                f"tokenizer.json: it has no token {name!r}, which the model's template needs."
                " Use the tokenizer.json that was published with the model."
            )
        ids.append(token_id)
    return tuple(ids)
