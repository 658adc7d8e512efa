"""The waist: a query and documents become rows, rows become logits.

Whoever ranks - the library, the server, a batch job - goes through these two steps, and whoever
pools the rows of many calls does it between them. Nothing else takes a reranker's spec apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jingpai import scoring
from jingpai.backends.loader import open_backend
from jingpai.batch_runner import BatchRunner
from jingpai.errors import BackendFailed, InvalidInput, OutOfMemory
from jingpai.models.resolve import resolve
from jingpai.text.clean import CleanText, clean, replace_surrogates
from jingpai.text.fields import read_document, read_query
from jingpai.text.passages import split_passages
from jingpai.text.prompt import apply_prompt
from jingpai.tokens.tokenizer import LOOK_CHARACTERS, PairTokenizer
from jingpai.types import Span, is_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from jingpai.backends.base import Backend
    from jingpai.backends.loader import PrecisionChoice
    from jingpai.batch_runner import Progress
    from jingpai.models.spec import ModelSpec
    from jingpai.tokens.tokenizer import Row
    from jingpai.types import DocumentLike, LongDocuments

# Tokens of a batch, padding included. On a CPU a larger batch only leaves the cache; a GPU wants
# work for all its units, and the number is lowered where its memory is short.
_CPU_BATCH_TOKENS = 2048
_GPU_BATCH_TOKENS = 65536

# Beside a query that leaves less room than this, a long document is cut rather than split: its
# passages would be crumbs, thousands of them.
_LEAST_PASSAGE_TOKENS = 16

# The next passage repeats up to this share of the one before, so that an answer that lies on the
# seam is whole in one of the two.
_OVERLAP = 1 / 8


class EncodedDocument(NamedTuple):
    """The rows of one document, at least one.

    Attributes:
        rows: Token ids, one row a passage.
        spans: The characters of the document's text that each row stands for.
        truncated: Whether any part of the document is in no row.
    """

    rows: list[Row]
    spans: list[Span]
    truncated: bool


class ScoredRows(NamedTuple):
    """What the model says of rows.

    Attributes:
        logits: float32 [n]; NaN where `errors` holds the reason.
        errors: Why a row has no logit, by its index. The other rows are not touched by it.
    """

    logits: NDArray[np.float32]
    errors: dict[int, BackendFailed]


class _Source(NamedTuple):
    """A document before it is cut: what each of its passages begins with, and its text."""

    prefix: str
    clean: CleanText
    is_title_cut: bool

    @property
    def text(self) -> str:
        return self.clean.text


class Engine:
    """One loaded model. Safe to call from several threads at once."""

    def __init__(
        self,
        spec: ModelSpec,
        *,
        tokenizer: PairTokenizer,
        backend: Backend,
        batch_tokens: int,
        is_cleaning: bool = True,
        long_documents: LongDocuments = "passages",
    ) -> None:
        """Join the parts of a model.

        Args:
            spec: What the model is.
            tokenizer: Pairs to rows.
            backend: Batches to logits.
            batch_tokens: Most tokens of a batch, padding included. Lowered for good when the
                device runs out of memory.
            is_cleaning: Whether markup, invisible characters and runs of white space are removed.
            long_documents: `passages` scores a long document in overlapping passages, `truncate`
                its beginning alone.
        """
        self.spec = spec
        self.backend = backend
        self._tokenizer = tokenizer
        self._runner = BatchRunner(backend.logits, batch_tokens=batch_tokens, device=backend.device)
        self._is_cleaning = is_cleaning
        self._long_documents = long_documents

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        device: str | None = None,
        precision: PrecisionChoice = "auto",
        max_tokens: int | None = None,
        long_documents: LongDocuments = "passages",
        clean: bool = True,
        batch_tokens: int | None = None,
        threads: int | None = None,
    ) -> Engine:
        """Find a model, open it on a device, and join its parts; see `Reranker` for the settings.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        if long_documents not in ("passages", "truncate"):
            raise InvalidInput(
                f"long_documents: got {long_documents!r}; allowed are 'passages' and 'truncate'."
            )
        numbers = {"max_tokens": max_tokens, "batch_tokens": batch_tokens, "threads": threads}
        for name, value in numbers.items():
            if value is not None and (not is_whole(value) or value < 1):
                raise InvalidInput(
                    f"{name}: got {value!r}; allowed are None and whole numbers from 1."
                )
        resolved = resolve(model)
        spec, folder = resolved.spec, resolved.folder
        limit = spec.max_tokens if max_tokens is None else max_tokens
        if not _LEAST_PASSAGE_TOKENS <= limit <= spec.max_tokens:
            raise InvalidInput(
                f"max_tokens: got {limit}, but {spec.name} reads {_LEAST_PASSAGE_TOKENS} to"
                f" {spec.max_tokens} tokens."
            )
        is_limit_ours = max_tokens is None and long_documents == "passages"
        tokenizer = PairTokenizer.load(
            folder,
            max_tokens=limit,
            passage_tokens=spec.passage_tokens if is_limit_ours else None,
            special_tokens=spec.template.layout,
        )
        backend = open_backend(folder, device=device, precision=precision, threads=threads)
        if batch_tokens is None:
            batch_tokens = _CPU_BATCH_TOKENS if backend.device == "cpu" else _GPU_BATCH_TOKENS
        return cls(
            spec,
            tokenizer=tokenizer,
            backend=backend,
            batch_tokens=batch_tokens,
            is_cleaning=clean,
            long_documents=long_documents,
        )

    def encode(self, query: str, documents: Sequence[DocumentLike]) -> list[EncodedDocument]:
        """Turn the pairs of a query and its documents into rows.

        Raises:
            InvalidInput: The query or a document is not usable; the message says which.
            InputTooLong: The query leaves no room for a passage.
        """
        query = replace_surrogates(read_query(query))
        # A query of nothing but markup asks about the markup.
        text = self._clean(query).text or query
        query_ids = self._tokenizer.encode_query(
            apply_prompt(self.spec.template.query, text=text, field="query")
        )
        room = self._tokenizer.room(query_ids)
        sources = [self._read(document, index=i, room=room) for i, document in enumerate(documents)]
        looks = [source.prefix + source.text[: room * LOOK_CHARACTERS] for source in sources]
        encoded = []
        whole = self._tokenizer.rows(query_ids, looks)
        for source, look, row in zip(sources, looks, whole, strict=True):
            spans, rows = [Span(0, len(source.text))], [row]
            if row.dropped or len(look) < len(source.prefix) + len(source.text):
                spans = self._split(source, room=room)
                passages = [source.prefix + source.text[start:end] for start, end in spans]
                rows = self._tokenizer.rows(query_ids, passages)
            encoded.append(_encoded(source, spans=spans, rows=rows))
        return encoded

    def score(self, rows: Sequence[Row], *, progress: Progress | None = None) -> ScoredRows:
        """Return the logits of rows, in the order of the rows.

        A batch that does not fit into memory is halved, down to a single row. A row that does not
        fit alone, or for which the model gives no number, is reported, and the others go on.

        Raises:
            BackendFailed: The model cannot be run at all.
        """
        logits = np.full(len(rows), np.nan, dtype=np.float32)
        errors: dict[int, BackendFailed] = {}
        for indices, raw in self._runner.run(rows, progress=progress):
            if isinstance(raw, OutOfMemory):
                errors[indices[0]] = raw
            else:
                logits[indices] = scoring.relevance(raw, head=self.spec.head)
        for index in np.flatnonzero(~np.isfinite(logits)).tolist():
            logits[index] = np.nan
            if index not in errors:
                errors[index] = BackendFailed(
                    f"{self.spec.name} gave no finite number for a pair, on {self.backend.device}"
                    f' in {self.backend.precision}. Try Reranker(..., precision="fp32").'
                )
        return ScoredRows(logits, errors)

    def close(self) -> None:
        """Give the model's memory back; a second call does nothing."""
        self.backend.close()

    def _clean(self, text: str) -> CleanText:
        return clean(text) if self._is_cleaning else CleanText(replace_surrogates(text))

    def _read(self, document: DocumentLike, *, index: int, room: int) -> _Source:
        fields = read_document(document, index=index)
        title = self._clean(fields.title).text if fields.title else None
        # A title stands before every passage, so it must leave them most of the room.
        short_title = self._tokenizer.cut(title, limit=max(1, room // 4)) if title else None
        prefix = apply_prompt(
            self.spec.template.passage, text="", field="passage", title=short_title
        )
        return _Source(prefix, self._clean(fields.text), is_title_cut=short_title != title)

    def _split(self, source: _Source, *, room: int) -> list[Span]:
        """Return the passages of a long document, or all of it where it is to be cut."""
        limit = room - self._tokenizer.count([source.prefix])[0]
        if self._long_documents == "truncate" or limit < _LEAST_PASSAGE_TOKENS:
            return [Span(0, len(source.text))]
        return split_passages(
            source.text,
            count_tokens=self._tokenizer.count,
            limit=limit,
            overlap=int(limit * _OVERLAP),
        )


def _encoded(source: _Source, *, spans: list[Span], rows: list[Row]) -> EncodedDocument:
    read = [
        source.clean.original_span(
            span.start, span.start + max(0, row.characters - len(source.prefix))
        )
        for span, row in zip(spans, rows, strict=True)
    ]
    return EncodedDocument(rows, read, source.is_title_cut or any(row.dropped for row in rows))
