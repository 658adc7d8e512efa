"""Requests for a model to answer: rows of a given length, made of real words, no two alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jingpai.bench.words import QUERY, WORDS
from jingpai.errors import InvalidInput
from jingpai.text.fields import read_candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jingpai.engine.engine import Engine
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.tokens.layout import Ids

_SEED = 0

_LEAST_PASSAGE_TOKENS = 8
"""Fewer hold too few words to tell documents apart."""

_TRIES = 20


class Workload(NamedTuple):
    """What is asked of a model, over and over.

    Attributes:
        query: The query of every request.
        requests: The documents of each request. No two rows of all of them have the same ids,
            so that neither the scoring of equal rows at once nor a cache of scores saves anything.
        row_tokens: Tokens of every row of every request, query and special tokens included.
    """

    query: str
    requests: tuple[tuple[str, ...], ...]
    row_tokens: tuple[int, ...]


def make_workload(engine: Engine, *, documents: int, tokens: int, requests: int = 4) -> Workload:
    """Write documents that make rows of a given length with the model's own tokenizer.

    Args:
        engine: The model; it must not split these rows into passages.
        documents: Documents of a request.
        tokens: Tokens of a row, query, prompt and special tokens included. A tokenizer whose words
            do not add up may miss it by a few.
        requests: How many different requests.

    Raises:
        InvalidInput: The rows are too short for the query, or to tell documents apart.
    """
    overhead, sizes = _measure_words(engine)
    room = tokens - overhead
    if room < _LEAST_PASSAGE_TOKENS:
        raise InvalidInput(
            f"tokens: got {tokens}, but the query, the prompt and the special tokens of"
            f" {engine.spec.name} take {overhead} of them; allowed are"
            f" {overhead + _LEAST_PASSAGE_TOKENS} to {engine.spec.max_tokens}."
        )
    random = np.random.default_rng(_SEED)
    texts: dict[Ids, str] = {}
    wanted = documents * requests
    for _ in range(_TRIES):
        drafts = [_write(sizes, room=room, random=random) for _ in range(wanted - len(texts))]
        for draft, encoded in zip(drafts, _encode(engine, drafts), strict=True):
            texts.setdefault(encoded.rows[0].ids, draft)
        if len(texts) == wanted:
            break
    else:
        raise InvalidInput(
            f"tokens: got {tokens}, but the tokenizer of {engine.spec.name} makes only"
            f" {len(texts)} different rows of that length, and {wanted} are needed. Ask for more"
            " tokens or fewer documents."
        )
    written = tuple(texts.values())
    return Workload(
        QUERY,
        tuple(written[first : first + documents] for first in range(0, wanted, documents)),
        tuple(len(ids) for ids in texts),
    )


def _measure_words(engine: Engine) -> tuple[int, dict[str, int]]:
    """Return the tokens of a row beside its document's, and those that each word adds."""
    twice = f"{WORDS[0]} {WORDS[0]}"
    lengths = [len(encoded.rows[0].ids) for encoded in _encode(engine, [twice, *WORDS])]
    overhead = 2 * lengths[1] - lengths[0]
    sizes = {word: size - overhead for word, size in zip(WORDS, lengths[1:], strict=True)}
    return overhead, {word: size for word, size in sizes.items() if size > 0}


def _encode(engine: Engine, documents: Sequence[str]) -> list[EncodedDocument]:
    return engine.encode(read_candidates(QUERY, documents))


def _write(sizes: dict[str, int], *, room: int, random: np.random.Generator) -> str:
    """Draw words at random until nothing more fits."""
    words = list(sizes)
    drawn: list[str] = []
    while fitting := [word for word in words if sizes[word] <= room]:
        # Nearly all of them fit until near the end, so many are drawn before looking again.
        largest = max(sizes[word] for word in fitting)
        for index in random.integers(len(fitting), size=max(1, room // largest)).tolist():
            drawn.append(fitting[index])
            room -= sizes[fitting[index]]
    return " ".join(drawn)
