"""LangChain: a document compressor, a cross-encoder and embeddings; needs the extra `langchain`.

The asynchronous calls are those of LangChain's base classes, which run the others in a thread.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from jingpai.cascade import Cascade  # noqa: TC001 - pydantic reads it
from jingpai.compat.pairs import read_pairs, score_pairs
from jingpai.embedder import Embedder
from jingpai.errors import InvalidInput
from jingpai.extras import needing
from jingpai.reranker import Reranker

with needing("langchain", what="jingpai.integrations.langchain", packages="langchain-core"):
    from langchain_core.cross_encoders import BaseCrossEncoder
    from langchain_core.documents import BaseDocumentCompressor, Document
    from langchain_core.embeddings import Embeddings
    from pydantic import ConfigDict, Field, PrivateAttr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.callbacks import Callbacks


class JingpaiRerank(BaseDocumentCompressor):
    """Puts the documents that answer first, for a `ContextualCompressionRetriever` or on its own.

    The documents that come back are copies with `metadata["relevance_score"]`; equals keep the
    order they came in.

    Attributes:
        model: What `Reranker` takes; None is the bundled model.
        reranker: A loaded one, in place of `model`, where there is more to set than its name. Its
            scale is that of the scores.
        top_n: Keep at most so many; None is all.
        threshold: Keep those whose score is at least this.
    """

    model: str | None = None
    reranker: Reranker | Cascade | None = None
    top_n: int | None = Field(default=3, ge=1)
    threshold: float | None = None

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    _loaded: Reranker | Cascade = PrivateAttr()

    def model_post_init(self, context: object, /) -> None:
        """Load the model.

        Raises:
            InvalidInput: There are both a model and a reranker.
            JingpaiError: As `Reranker` says.
        """
        if self.model is not None and self.reranker is not None:
            raise InvalidInput("model: a reranker was handed in as well; leave one of them out.")
        self._loaded = Reranker(self.model) if self.reranker is None else self.reranker

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks = None
    ) -> list[Document]:
        """Return copies of the best documents, best first.

        Raises:
            InvalidInput: The query holds nothing to read.
            BackendFailed: The model gave no number for a document.
        """
        texts = [document.page_content for document in documents]
        if not texts:
            return []
        ranking = self._loaded.rank(query, texts, top_k=self.top_n, threshold=self.threshold)
        return [_scored(documents[found.index], found.score) for found in ranking]


class JingpaiCrossEncoder(BaseCrossEncoder):
    """Scores pairs, for LangChain's `CrossEncoderReranker` and whatever else takes such a model."""

    def __init__(self, reranker: Reranker | None = None) -> None:
        """Take over a reranker, or load the bundled model."""
        self.reranker = reranker or Reranker()

    def score(self, text_pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the scores of (query, text) pairs in input order.

        Raises:
            InvalidInput: A pair cannot be used; the message names its index.
            BackendFailed: The model gave no number for a pair.
        """
        return score_pairs(self.reranker, read_pairs(text_pairs, name="text_pairs"))


class JingpaiEmbeddings(Embeddings):
    """The vectors of jingpai's `Embedder`, for any vector store: a first stage that is offline."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        """Load the bundled encoder, or take over a loaded one."""
        self.embedder = embedder or Embedder()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of texts that are searched."""
        vectors: list[list[float]] = self.embedder.embed_passages(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a text that is searched for."""
        vector: list[float] = self.embedder.embed_queries([text])[0].tolist()
        return vector


def _scored(document: Document, score: float) -> Document:
    metadata = {**deepcopy(document.metadata), "relevance_score": score}
    return document.model_copy(update={"metadata": metadata})
