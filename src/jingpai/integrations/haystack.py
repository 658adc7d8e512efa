"""Haystack 3: a ranker; needs the extra `haystack`, and Python 3.11 as Haystack does."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jingpai.extras import needing
from jingpai.reranker import Reranker, check_cut

with needing("haystack", what="jingpai.integrations.haystack", packages="haystack-ai"):
    from haystack import Document, component, default_from_dict, default_to_dict

if TYPE_CHECKING:
    from jingpai.types import PrecisionChoice, Scale


@component
class JingpaiRanker:
    """Puts the documents that answer first.

    The documents that come back are copies with new scores; equals keep the order they came in.
    A pipeline that was written down is read with `allowed_modules=["jingpai.*"]`.
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        top_k: int | None = 10,
        score_threshold: float | None = None,
        device: str | None = None,
        precision: PrecisionChoice = "auto",
        scale: Scale = "sigmoid",
        max_tokens: int | None = None,
        meta_fields_to_embed: list[str] | None = None,
        meta_data_separator: str = "\n",
    ) -> None:
        """Take the settings; `warm_up` loads the model, and so does the first run.

        Args:
            model: What `Reranker` takes; None is the bundled model.
            top_k: Keep at most so many; None is all.
            score_threshold: Keep those whose score is at least this.
            device: As for `Reranker`, like those that follow.
            precision: The number format.
            scale: What scores mean.
            max_tokens: Most tokens of query and passage together.
            meta_fields_to_embed: Names of metadata that the model reads in front of the content.
            meta_data_separator: Stands between these.

        Raises:
            InvalidInput: `top_k` or `score_threshold` is out of its range.
        """
        check_cut(top_k, score_threshold)
        self.model = model
        self.top_k = top_k
        self.score_threshold = score_threshold
        self.device = device
        self.precision: PrecisionChoice = precision
        self.scale: Scale = scale
        self.max_tokens = max_tokens
        self.meta_fields_to_embed = meta_fields_to_embed or []
        self.meta_data_separator = meta_data_separator
        self._reranker: Reranker | None = None
        self._loading = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Travel by the settings: a copy loads the model at its first run, as this one did."""
        return {**self.__dict__, "_reranker": None, "_loading": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._loading = threading.Lock()

    def warm_up(self) -> None:
        """Load the model; a second call does nothing.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        self._loaded()

    def close(self) -> None:
        """Give the model's memory back; the next run loads it again."""
        with self._loading:
            reranker, self._reranker = self._reranker, None
        if reranker is not None:
            reranker.close()

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        written: dict[str, Any] = default_to_dict(
            self,
            model=self.model,
            top_k=self.top_k,
            score_threshold=self.score_threshold,
            device=self.device,
            precision=self.precision,
            scale=self.scale,
            max_tokens=self.max_tokens,
            meta_fields_to_embed=self.meta_fields_to_embed,
            meta_data_separator=self.meta_data_separator,
        )
        return written

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> JingpaiRanker:
        """Return the component whose settings were written by `to_dict`."""
        read: JingpaiRanker = default_from_dict(cls, data)
        return read

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        score_threshold: float | None = None,
    ) -> dict[str, list[Document]]:
        """Return copies of the best documents, best first.

        Args:
            query: What is asked.
            documents: The candidates; one without content is read as an empty text.
            top_k: In place of that of the component.
            score_threshold: In place of that of the component.

        Raises:
            InvalidInput: An argument is out of its range.
            BackendFailed: The model gave no number for a document.
        """
        check_cut(top_k, score_threshold)
        if not documents:
            return {"documents": []}
        ranking = self._loaded().rank(
            query,
            [self._text(document) for document in documents],
            top_k=self.top_k if top_k is None else top_k,
            threshold=self.score_threshold if score_threshold is None else score_threshold,
        )
        return {
            "documents": [
                replace(documents[ranked.index], score=ranked.score) for ranked in ranking
            ]
        }

    @component.output_types(documents=list[Document])
    async def run_async(
        self,
        query: str,
        documents: list[Document],
        top_k: int | None = None,
        score_threshold: float | None = None,
    ) -> dict[str, list[Document]]:
        """Do what `run` does, in a thread."""
        return await asyncio.to_thread(
            self.run, query=query, documents=documents, top_k=top_k, score_threshold=score_threshold
        )

    def _loaded(self) -> Reranker:
        with self._loading:
            if self._reranker is None:
                self._reranker = Reranker(
                    self.model,
                    device=self.device,
                    precision=self.precision,
                    scale=self.scale,
                    max_tokens=self.max_tokens,
                )
            return self._reranker

    def _text(self, document: Document) -> str:
        known = [document.meta.get(name) for name in self.meta_fields_to_embed]
        before = [str(value) for value in known if value is not None]
        return self.meta_data_separator.join([*before, document.content or ""])
