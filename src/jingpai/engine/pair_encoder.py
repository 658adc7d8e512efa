"""Strings in, rows out: a query and documents become the rows that a model reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jingpai.text.clean import CleanText, clean, replace_surrogates
from jingpai.text.passages import split_passages
from jingpai.text.prompt import apply_prompt
from jingpai.tokens.tokenizer import LOOK_CHARACTERS
from jingpai.types import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.text.fields import Candidates, Fields
    from jingpai.tokens.tokenizer import PairTokenizer, Row
    from jingpai.types import LongDocuments, LongQueries

# Beside a query that leaves less room than this, a long document is cut rather than split: its
# passages would be crumbs, thousands of them.
LEAST_PASSAGE_TOKENS = 16

# The next passage repeats up to this share of the one before, so that an answer that lies on the
# seam is whole in one of the two.
_OVERLAP = 1 / 8


class Source(NamedTuple):
    """A document before it is cut: what each of its passages begins with, and its text."""

    prefix: str
    clean: CleanText
    is_title_cut: bool

    @property
    def text(self) -> str:
        """The text that the model reads, in passages."""
        return self.clean.text

    def passages(self, spans: Sequence[Span]) -> list[str]:
        """Return stretches of the text as the model reads them."""
        return [self.prefix + self.text[start:end] for start, end in spans]


class EncodedDocument(NamedTuple):
    """The rows of one document, at least one.

    Attributes:
        rows: Token ids, one row a passage.
        spans: The characters of the document's text that each row stands for.
        truncated: Whether any part of the document is in no row.
        source: The document as the model reads it.
        cuts: The characters of the source's text that each row was made of.
    """

    rows: list[Row]
    spans: list[Span]
    truncated: bool
    source: Source
    cuts: list[Span]


class PairEncoder:
    """Writes pairs as a model wants them. Safe to use from several threads at once."""

    def __init__(
        self,
        tokenizer: PairTokenizer,
        *,
        query_template: str = "{query}",
        passage_template: str = "{passage}",
        instruction: str | None = None,
        is_cleaning: bool = True,
        long_documents: LongDocuments = "passages",
    ) -> None:
        """Join a tokenizer and templates.

        Args:
            tokenizer: Pairs to rows.
            query_template: Holds `{query}`, and `{instruction}` where there is one.
            passage_template: Holds `{passage}`.
            instruction: What the model is told to look for.
            is_cleaning: Whether markup, invisible characters and runs of white space are removed.
            long_documents: `passages` splits a long document into overlapping passages, `truncate`
                keeps its beginning alone.
        """
        self._tokenizer = tokenizer
        self._query_template = query_template
        self._passage_template = passage_template
        self._instruction = None if instruction is None else replace_surrogates(instruction)
        self._is_cleaning = is_cleaning
        self._long_documents = long_documents

    def with_instruction(self, instruction: str, *, query_template: str) -> PairEncoder:
        """Return the same encoder with another instruction."""
        return PairEncoder(
            self._tokenizer,
            query_template=query_template,
            passage_template=self._passage_template,
            instruction=instruction,
            is_cleaning=self._is_cleaning,
            long_documents=self._long_documents,
        )

    def encode(
        self, candidates: Candidates, *, long_queries: LongQueries = "refuse"
    ) -> list[EncodedDocument]:
        """Turn the pairs of a query and its documents into rows.

        Args:
            candidates: A query and documents.
            long_queries: Whether a long query may be cut. It never is where a model reads
                something of its own behind it.

        Raises:
            InputTooLong: The query leaves no room for a passage, and may not be cut.
        """
        if not self._query_template.endswith("{query}"):
            long_queries = "refuse"
        query = replace_surrogates(candidates.query)
        # A query of nothing but markup asks about the markup.
        text = self._clean(query).text or query
        query_ids = self._tokenizer.encode_query(
            apply_prompt(
                self._query_template, text=text, field="query", instruction=self._instruction
            ),
            long_queries=long_queries,
        )
        # A query that may be cut for the passage's sake leaves it all the room there is to look at.
        room = self._tokenizer.room(() if long_queries == "share" else query_ids)
        sources = [self._source(fields, room=room) for fields in candidates.documents]
        looks = [source.prefix + source.text[: room * LOOK_CHARACTERS] for source in sources]
        encoded = []
        whole = self._tokenizer.rows(query_ids, looks, long_queries=long_queries)
        for source, look, row in zip(sources, looks, whole, strict=True):
            spans, rows = [Span(0, len(source.text))], [row]
            if row.dropped or len(look) < len(source.prefix) + len(source.text):
                spans, rows = self._in_passages(source, query_ids, long_queries=long_queries)
            encoded.append(_encoded(source, spans=spans, rows=rows))
        return encoded

    def _clean(self, text: str) -> CleanText:
        return clean(text) if self._is_cleaning else CleanText(replace_surrogates(text))

    def _source(self, fields: Fields, *, room: int) -> Source:
        title = self._clean(fields.title).text if fields.title else None
        # A title stands before every passage, so it must leave them most of the room.
        short_title = self._tokenizer.cut(title, limit=max(1, room // 4)) if title else None
        prefix = apply_prompt(self._passage_template, text="", field="passage", title=short_title)
        return Source(prefix, self._clean(fields.text), is_title_cut=short_title != title)

    def _in_passages(
        self, source: Source, query_ids: tuple[int, ...], *, long_queries: LongQueries
    ) -> tuple[list[Span], list[Row]]:
        """Return the passages of a long document, or all of it where it is to be cut, as rows."""
        limit = self._tokenizer.room(query_ids) - self._tokenizer.count([source.prefix])[0]
        spans = [Span(0, len(source.text))]
        while True:
            is_split = self._long_documents == "passages" and limit >= LEAST_PASSAGE_TOKENS
            if is_split:
                spans = split_passages(
                    source.text,
                    count_tokens=self._tokenizer.count,
                    limit=limit,
                    overlap=int(limit * _OVERLAP),
                )
            passages = source.passages(spans)
            rows = self._tokenizer.rows(query_ids, passages, long_queries=long_queries)
            dropped = max(row.dropped for row in rows)
            if not is_split or not dropped:
                return spans, rows
            # A passage may have more tokens than its sentences: those of the space between them.
            limit -= dropped


def _encoded(source: Source, *, spans: list[Span], rows: list[Row]) -> EncodedDocument:
    read = [
        source.clean.original_span(
            span.start, span.start + max(0, row.characters - len(source.prefix))
        )
        for span, row in zip(spans, rows, strict=True)
    ]
    is_cut = source.is_title_cut or any(row.dropped for row in rows)
    return EncodedDocument(rows, read, is_cut, source, spans)
