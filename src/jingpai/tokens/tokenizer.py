"""Pairs in, rows out: strings become token ids; the passage is cut, the query only where asked."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, NamedTuple

from tokenizers import Tokenizer

from jingpai.errors import InputTooLong, ModelFilesInvalid
from jingpai.files.model_folder import CONFIG, TOKENIZER, ModelFolder
from jingpai.tokens.layout import FixedTexts, Ids, learnt_layout, word_ids, written_layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tokenizers import Encoding

    from jingpai.types import LongQueries

LOOK_CHARACTERS = 64
"""Tokens of real text are shorter than this; so many characters a token show whether a text is
over a limit without reading all of a very long one."""

_LOOK_BEHIND_CUT = 1024


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


class PassageTokens(NamedTuple):
    """Where the tokens of a passage stand in a row, and what each of them stands for.

    Attributes:
        first: Column of the first; the others follow it.
        characters: For each token the characters of the passage, (start, end). Empty for one that
            stands for none.
    """

    first: int
    characters: list[tuple[int, int]]


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
        layout: FixedTexts | None = None,
    ) -> None:
        """Take over a tokenizer.

        Args:
            tokenizer: Its truncation and padding are switched off.
            max_tokens: Most tokens of a row, special tokens included.
            passage_tokens: Most tokens of a passage; None is all that the query leaves.
            layout: Fixed texts around the two pieces, special tokens among them; None is
                as the tokenizer itself writes a pair.

        Raises:
            ModelFilesInvalid: The tokenizer does not have these tokens, or writes no pairs.
        """
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = False
        self._layout = (
            learnt_layout(tokenizer) if layout is None else written_layout(tokenizer, layout)
        )
        # A document that holds "</s>" is read as these four characters, not as the end of a row.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._passage_tokens = max_tokens if passage_tokens is None else passage_tokens

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        max_tokens: int,
        passage_tokens: int | None = None,
        layout: FixedTexts | None = None,
        vocabulary: int | None = None,
    ) -> PairTokenizer:
        """Read `tokenizer.json`, or its gzipped form, from a model's folder.

        Args:
            folder: The model's.
            max_tokens: As for the class, like those that follow.
            passage_tokens: Most tokens of a passage.
            layout: Fixed texts around the two pieces.
            vocabulary: How many token ids the model knows; None is not known.

        Raises:
            ModelFilesInvalid: There is no such file, it cannot be read, or it makes ids that the
                model does not know.
        """
        tokenizer = _load_tokenizer(folder)
        if vocabulary is not None:
            _check_ids(tokenizer, vocabulary=vocabulary, folder=folder)
        return cls(
            tokenizer,
            max_tokens=max_tokens,
            passage_tokens=passage_tokens,
            layout=layout,
        )

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, special tokens not counted."""
        return [len(encoding) for encoding in self._encode(texts)]

    def word_ids(self, words: Sequence[str]) -> Ids:
        """Return the ids of words that have to be one token each.

        Raises:
            ModelFilesInvalid: A word is unknown to the vocabulary, or several tokens.
        """
        return word_ids(self._tokenizer, words)

    def encode_query(self, query: str, *, long_queries: LongQueries = "refuse") -> Ids:
        """Return the ids of a query, without special tokens; all of them where rows share.

        Raises:
            InputTooLong: The query leaves no token for a passage, and is to be refused then.
        """
        ids = tuple(self._encode([query])[0].ids)
        if isinstance(long_queries, int):
            return ids[: max(0, min(long_queries, self._max_tokens - self._layout.size))]
        length = len(ids) + self._layout.size
        if length >= self._max_tokens and long_queries == "refuse":
            raise InputTooLong(
                f"query: {length} tokens with its special tokens, but the model reads "
                f"{self._max_tokens} for query and passage together. Shorten the query"
                " or raise max_tokens, up to the model's own limit"
                " (`jingpai models` lists the limits)."
            )
        return ids

    def room(self, query_ids: Ids) -> int:
        """Return how many tokens of a passage are read beside a query; below 0, it has too many."""
        return min(self._max_tokens - self._layout.size - len(query_ids), self._passage_tokens)

    def rows(
        self, query_ids: Ids, passages: Sequence[str], *, long_queries: LongQueries = "refuse"
    ) -> list[Row]:
        """Return one row a passage, in order; a passage that does not fit is cut at its end.

        Args:
            query_ids: What `encode_query` made of the query with the same `long_queries`.
            passages: Texts.
            long_queries: With `share`, a query that is the longer of the two is cut before.
        """
        rows = []
        for passage, encoding in zip(passages, self._encode(passages), strict=True):
            kept = len(query_ids)
            if long_queries == "share":
                kept = self._share(kept, len(encoding))
            rows.append(self._row(query_ids[:kept], passage, encoding))
        return rows

    def _row(self, query_ids: Ids, passage: str, encoding: Encoding) -> Row:
        layout = self._layout
        head = (*layout.before_query, *query_ids, *layout.after_query)
        room = self.room(query_ids)
        ids = encoding.ids
        dropped = max(0, len(ids) - room)
        characters = len(passage)
        if dropped:
            characters = encoding.offsets[room - 1][1] if room else 0
        row = (*head, *layout.before_passage, *ids[:room], *layout.after_passage)
        return Row(row, len(head), characters, dropped)

    def passage_tokens(self, rows: Sequence[Row], passages: Sequence[str]) -> list[PassageTokens]:
        """Return where the tokens of passages stand in the rows that were made of them.

        Args:
            rows: As `rows` returned them.
            passages: The texts that they were made of.
        """
        layout = self._layout
        fixed = len(layout.before_passage) + len(layout.after_passage)
        # What lies far behind the cut has no say in the tokens before it.
        looks = [
            passage[: row.characters + _LOOK_BEHIND_CUT] if row.dropped else passage
            for row, passage in zip(rows, passages, strict=True)
        ]
        return [
            PassageTokens(
                row.query_length + len(layout.before_passage),
                encoding.offsets[: len(row.ids) - row.query_length - fixed],
            )
            for row, encoding in zip(rows, self._encode(looks), strict=True)
        ]

    def _share(self, query: int, passage: int) -> int:
        """Return how many tokens of a query are kept where the longer of the two is cut first.

        It is what `truncation="longest_first"` of the tokenizers library keeps: of two that are
        both over half of the room, the longer one has the odd token.
        """
        room = self._max_tokens - self._layout.size
        if query + passage <= room or query <= room // 2:
            return query
        if query > passage:
            return max(room - passage, room - room // 2)
        return room // 2

    def cut(self, text: str, *, limit: int) -> str:
        """Return the beginning of a text that has at most `limit` tokens."""
        encoding = self._encode([text])[0]
        return text if len(encoding) <= limit else text[: encoding.offsets[limit - 1][1]]

    def _encode(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch(list(texts), add_special_tokens=False)


def _path(folder: Path) -> Path:
    return ModelFolder.read(folder).tokenizer or folder / TOKENIZER


def _load_tokenizer(folder: Path) -> Tokenizer:
    path = _path(folder)
    try:
        content = path.read_bytes()
        return Tokenizer.from_buffer(gzip.decompress(content) if path.suffix == ".gz" else content)
    # The library raises a bare Exception for a file that it cannot parse.
    except Exception as error:
        raise ModelFilesInvalid(
            f"{path}: not a tokenizer that can be read ({error}). Fetch the model again with"
            " `jingpai pull MODEL --force`, or copy the published tokenizer.json into the folder."
        ) from error


def _check_ids(tokenizer: Tokenizer, *, vocabulary: int, folder: Path) -> None:
    # The ids of a vocabulary count from 0 without a gap, and only added tokens may lie further off.
    # To ask for the whole vocabulary would take longer than to open a small model.
    added = tokenizer.get_added_tokens_decoder()
    largest = max([tokenizer.get_vocab_size(with_added_tokens=False) - 1, *added])
    if largest >= vocabulary:
        raise ModelFilesInvalid(
            f"{_path(folder)}: its largest token id is {largest}, but the model has {vocabulary}"
            f" word embeddings (vocab_size in {folder / CONFIG}), so its largest may be"
            f" {vocabulary - 1}. Use the tokenizer.json that was published with the model."
        )
