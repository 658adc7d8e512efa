"""What the tests of clients are told by run.py: where the servers are, and what is right there.

Run without it, as all other tests are, there is nothing to collect here: each group of packages
needs an environment of its own.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

if "JINGPAI_CLIENTS" not in os.environ:
    collect_ignore_glob = ["*"]


@dataclass(frozen=True)
class Asked:
    """A question with documents, the servers to put it to, and what the library answers.

    Attributes:
        url: A server that wants a key, and has the default model answer for unknown ones.
        key: That key.
        open_url: A server that wants no key, and refuses unknown models.
        model: What the servers call their model.
        query: What is asked.
        documents: What may answer it, some of it in Chinese.
        scores: The documents' scores in [0, 1], in this order.
        logits: The same before the sigmoid.
    """

    url: str
    key: str
    open_url: str
    model: str
    query: str
    documents: list[str]
    scores: list[float]
    logits: list[float]

    def check(
        self, found: Iterable[tuple[int, float]], *, kept: int = 5, is_raw: bool = False
    ) -> None:
        """Assert that the best `kept` documents were found, in order, with the library's scores."""
        found = list(found)
        right = self.logits if is_raw else self.scores
        best = sorted(range(len(right)), key=lambda index: -right[index])[:kept]
        assert [index for index, _ in found] == best
        assert all(type(score) is float for _, score in found)
        assert [score for _, score in found] == pytest.approx([right[i] for i in best], abs=1e-4)

    def check_texts(self, found: Iterable[tuple[str, float]], *, kept: int = 5) -> None:
        """The same for clients that hand out the documents instead of their positions."""
        self.check([(self.documents.index(text), score) for text, score in found], kept=kept)


@pytest.fixture(scope="session")
def asked() -> Asked:
    return Asked(**json.loads(os.environ["JINGPAI_CLIENTS"]))
