"""What is known of a model before it is loaded: data, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Head: TypeAlias = Literal["single", "two_class"]
"""How logits [n, k] become one number: `single` takes the only column, `two_class` the second
minus the first."""

Pieces: TypeAlias = tuple[str, ...]
"""Fixed texts that stand one behind the other; each is read by the tokenizer on its own."""


@dataclass(frozen=True, slots=True)
class Template:
    """How a pair is written for the model.

    `query` and `passage` are the texts with their prefixes. A query is not cut where text
    follows its placeholder; a passage is cut at its end, so its placeholder stands last.

    `layout` is what stands around the two: (before the query, after the query, before the passage,
    after the passage); the first two belong to the first segment. Special tokens are read as such
    there and nowhere else, and whatever is in angle brackets has to be one. None is as the
    tokenizer itself writes a pair.

    `instructed_query` takes the place of `query` where the user hands in an instruction: it holds
    `{instruction}` in front of `{query}`. None is for models that read no instruction.
    """

    query: str = "{query}"
    passage: str = "{passage}"
    layout: tuple[Pieces, Pieces, Pieces, Pieces] | None = None
    instructed_query: str | None = None


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A reranker: what to load, how to feed it, how to read its answer.

    Attributes:
        name: The name users type: `org/name` on the hub, or the name of the bundled model.
        max_tokens: Longest row the model can read, special tokens included.
        passage_tokens: Longest passage where documents are scored in passages and the user sets
            no limit; None is what `max_tokens` leaves beside the query.
        head: How its logits become one number.
        answers: The words that a language model may answer with, one token each. Their logits
            behind the last token are the columns of its logits. Empty for a cross-encoder.
        layer: Where every layer of a language model has an output of its own, the last one that is
            run, from 1; None for all other models.
        template: How a pair is written for it.
        revision: Branch, tag or commit on the hub.
        license: SPDX identifier, or the hub's name for it.
        languages: What it was trained for, in one phrase.
        parameters: Weights, the embedding table included.
        summary: One sentence on when to choose it.
        summary_zh: The same in Chinese.
    """

    name: str
    max_tokens: int
    passage_tokens: int | None = None
    head: Head = "single"
    answers: tuple[str, ...] = ()
    layer: int | None = None
    template: Template = Template()
    revision: str = "main"
    license: str = "unknown"
    languages: str = "unknown"
    parameters: int | None = None
    summary: str = ""
    summary_zh: str = ""


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """A text encoder: it reads one text a row and says where its meaning lies.

    Attributes:
        name: What it is called on the hub.
        max_tokens: Longest row the model can read, special tokens included.
        dimensions: Length of its vectors.
        template: How a query and a passage are written for it. Each is a row of its own: it stands
            where a pair has its passage, and the query's place is empty.
    """

    name: str
    max_tokens: int
    dimensions: int
    template: Template
