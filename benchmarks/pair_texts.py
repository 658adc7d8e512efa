"""Pairs of real text in ten languages and more, with rows of mixed length, the same on every run.

The texts are the cases written for the training of the bundled model. A document is a chain of
passages of one language, cut at the token that makes its row exactly as long as asked.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomllib

if TYPE_CHECKING:
    from tokenizers import Tokenizer

RECIPE = Path(__file__).parent.parent / "recipe"
SHORTEST, LONGEST = 20, 512
# Longer queries would leave no room in the shortest rows.
MOST_QUERY_TOKENS = 12


@dataclass(frozen=True)
class Request:
    """A query and the documents to be scored for it, as a user hands them in.

    Attributes:
        query: What is asked.
        documents: As many as a search engine returns on a page.
        lengths: Tokens of each pair's row, special tokens included.
    """

    query: str
    documents: list[str]
    lengths: list[int]


def requests(tokenizer: Tokenizer, *, pairs: int, documents: int) -> list[Request]:
    """Return requests of so many documents each, whose rows' lengths spread evenly.

    Args:
        tokenizer: As the model's folder holds it; decides what is a token.
        pairs: Pairs in all, a multiple of `documents`.
        documents: Documents a request.
    """
    if pairs < 2 or pairs % documents:
        raise SystemExit(
            f"--pairs {pairs}: has to be at least 2 and a multiple of {documents}, the documents of"
            " one query."
        )
    dice = random.Random(0)  # noqa: S311 - a benchmark, not a secret
    step = (LONGEST - SHORTEST) / (pairs - 1)
    lengths = [round(SHORTEST + step * i) for i in range(pairs)]
    dice.shuffle(lengths)
    texts = _texts()
    languages = sorted(texts)
    made = []
    for first in range(0, pairs, documents):
        language = languages[len(made) * 3 % len(languages)]
        query = dice.choice(
            [q for q in texts[language].queries if _count(tokenizer, q) <= MOST_QUERY_TOKENS]
        )
        wanted = lengths[first : first + documents]
        found = [
            _document(tokenizer, query, texts[dice.choice(languages)].passages, length, dice)
            for length in wanted
        ]
        made.append(Request(query, found, [_row(tokenizer, query, text) for text in found]))
    return made


@dataclass(frozen=True)
class _Texts:
    queries: list[str]
    passages: list[str]


def _texts() -> dict[str, _Texts]:
    texts: dict[str, _Texts] = {}
    written = sorted(
        RECIPE.glob("written/*/*.toml"), key=lambda path: (path.stem, path.parent.name)
    )
    for path in [*sorted(RECIPE.glob("traps/*.toml")), *written]:
        language = texts.setdefault(path.stem, _Texts([], []))
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            right = case["right"]
            language.queries.append(case["query"])
            language.passages.extend([right] if isinstance(right, str) else right)
            language.passages.extend(case["wrong"])
    return texts


def _document(
    tokenizer: Tokenizer, query: str, passages: list[str], length: int, dice: random.Random
) -> str:
    text = dice.choice(passages)
    while _row(tokenizer, query, text) < length:
        text += " " + dice.choice(passages)
    # A cut may change how the last piece is split, so the length is counted again.
    while (excess := _row(tokenizer, query, text) - length) > 0:
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
        text = text[: offsets[-excess][0]].rstrip()
    return text


def _row(tokenizer: Tokenizer, query: str, text: str) -> int:
    return len(tokenizer.encode(query, text).ids)


def _count(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).ids)
