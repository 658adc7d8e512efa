"""The sentences of a document, as it was handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jingpai.text.clean import clean
from jingpai.text.sentences import split_sentences

if TYPE_CHECKING:
    from jingpai.types import Span


def sentence_spans(text: str) -> list[Span]:
    """Return where the sentences of a text stand in it, markup and noise around them left out.

    They are those of the cleaned text, which is what a model reads.
    """
    cleaned = clean(text)
    return [cleaned.original_span(*span) for span in split_sentences(cleaned.text)]
