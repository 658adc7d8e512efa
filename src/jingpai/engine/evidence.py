"""Tokens back to sentences: what the model says of tokens becomes spans of a document."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import numpy as np

from jingpai.errors import OutOfMemory
from jingpai.scores.evidence import sentence_score
from jingpai.text.sentences import split_sentences
from jingpai.types import EvidenceSpan, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from jingpai.backends.base import LogitsAndEvidence
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.tokens.tokenizer import PairTokenizer, Row


class TokenLogits:
    """The evidence of rows, kept aside while their logits go on to become scores."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """Make room for rows; `of_rows` has float32 [tokens] of each, empty until it is said."""
        self._lengths = [len(row.ids) for row in rows]
        self.of_rows: list[NDArray[np.float32]] = [np.empty(0, np.float32) for _ in rows]

    def aside(
        self, said: Iterable[tuple[list[int], LogitsAndEvidence | OutOfMemory]]
    ) -> Iterator[tuple[list[int], NDArray[np.float32] | OutOfMemory]]:
        """Yield what the model says of batches, without the evidence."""
        for group, answer in said:
            if isinstance(answer, OutOfMemory):
                yield group, answer
                continue
            for index, logits in zip(group, answer.evidence, strict=True):
                self.of_rows[index] = logits[: self._lengths[index]]
            yield group, answer.logits


def no_evidence(model: str) -> str:
    """Return what to tell whoever asks a model for evidence that has none."""
    return (
        f"evidence: {model} says how relevant a document is, and not which of its sentences answer."
        " The bundled model does, Reranker(), and so do those that this release of jingpai trains"
        " from it: take one of these. `jingpai explain` scores sentences one by one with any model."
    )


def evidence_spans(
    document: EncodedDocument,
    logits: Sequence[NDArray[np.float32]],
    *,
    tokenizer: PairTokenizer,
) -> tuple[EvidenceSpan, ...]:
    """Return the sentences of a document with their scores, best first; equals in text order.

    The sentences are those of the text that the model reads, and a token counts for each sentence
    with which it shares characters. A sentence of which no token was read, as behind the cut of a
    document that is truncated, has no score and is left out. One that stands in several passages
    has its best score, as a document has that of its best passage.

    Args:
        document: As the engine encoded it.
        logits: For each of its rows one a token, float32 [tokens].
        tokenizer: That made the rows.
    """
    source = document.source
    sentences = split_sentences(source.text)
    scores: dict[int, float] = {}
    tokens = tokenizer.passage_tokens(document.rows, source.passages(document.cuts))
    for cut, (first, characters), said in zip(document.cuts, tokens, logits, strict=True):
        bounds = _in_text(characters, cut, prefix=len(source.prefix))
        of_passage = said[first : first + len(characters)]
        for number, inside in _tokens_of(sentences, bounds, cut=cut):
            score = sentence_score(of_passage[inside])
            scores[number] = max(score, scores.get(number, score))
    found = [
        EvidenceSpan(*source.clean.original_span(*sentences[number]), scores[number])
        for number in sorted(scores)
    ]
    return tuple(sorted(found, key=lambda span: -span.score))


def _in_text(characters: Sequence[tuple[int, int]], cut: Span, *, prefix: int) -> NDArray[np.int64]:
    """Return the characters of tokens, (start, end) each, as those of the text they are cut from.

    A token of the prefix has none, and one on the seam those behind it.
    """
    bounds = np.array(characters, np.int64).reshape(-1, 2)
    return np.maximum(bounds - prefix, 0) + cut.start


def _tokens_of(
    sentences: Sequence[Span], bounds: NDArray[np.int64], *, cut: Span
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Yield the number of each sentence that has tokens in a passage, and which they are."""
    starts, ends = bounds[:, 0], bounds[:, 1]
    stands_for_text = starts < ends
    first = bisect_right(sentences, cut.start, key=lambda sentence: sentence.end)
    last = bisect_left(sentences, cut.end, key=lambda sentence: sentence.start)
    for number in range(first, last):
        start, end = sentences[number]
        inside = stands_for_text & (starts < end) & (ends > start)
        if inside.any():
            yield number, inside
