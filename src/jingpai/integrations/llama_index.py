"""LlamaIndex: a node postprocessor and an embedding model; needs the extra `llama-index`.

Both are made of plain settings, so that `to_dict` and `from_dict`, copies and pickles hold all of
them. The asynchronous calls run the others in a thread.
"""

from __future__ import annotations

import asyncio

from jingpai.embedder import Embedder
from jingpai.extras import needing
from jingpai.reranker import Reranker
from jingpai.types import (
    PrecisionChoice,  # noqa: TC001 - pydantic reads it
    Scale,  # noqa: TC001 - pydantic reads it
)

with needing("llama-index", what="jingpai.integrations.llama_index", packages="llama-index-core"):
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.bridge.pydantic import Field, PrivateAttr
    from llama_index.core.callbacks import CBEventType, EventPayload
    from llama_index.core.instrumentation import get_dispatcher
    from llama_index.core.instrumentation.events.rerank import ReRankEndEvent, ReRankStartEvent
    from llama_index.core.postprocessor.types import BaseNodePostprocessor
    from llama_index.core.schema import MetadataMode, NodeWithScore, QueryBundle

_DISPATCHER = get_dispatcher(__name__)


class JingpaiRerank(BaseNodePostprocessor):
    """Puts the nodes that answer first.

    The model reads a node's text with the metadata that the node shows to embedding models. What
    comes back are the same nodes with new scores; equals keep the order they came in.

    Attributes:
        model: What `Reranker` takes; None is the bundled model.
        top_n: Keep at most so many; None is all.
        threshold: Keep those whose score is at least this.
        device: As for `Reranker`, like those that follow.
        precision: The number format.
        scale: What scores mean.
        max_tokens: Most tokens of query and passage together.
    """

    model: str | None = Field(default=None, description="Model; None is the bundled one.")
    top_n: int | None = Field(default=5, ge=1, description="Most nodes to return.")
    threshold: float | None = Field(default=None, description="Least score to return.")
    device: str | None = Field(default=None, description="Device; None takes the best one.")
    precision: PrecisionChoice = Field(default="auto", description="Number format.")
    scale: Scale = Field(default="sigmoid", description="What scores mean.")
    max_tokens: int | None = Field(default=None, description="Most tokens of a pair.")

    _reranker: Reranker = PrivateAttr()

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which it is serialised."""
        return "JingpaiRerank"

    def model_post_init(self, context: object, /) -> None:
        """Load the model.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        super().model_post_init(context)
        self._reranker = Reranker(
            self.model,
            device=self.device,
            precision=self.precision,
            scale=self.scale,
            max_tokens=self.max_tokens,
        )

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None:
            raise ValueError("query_bundle: got None; nodes are ranked by a query.")
        if not nodes:
            return []
        name = self._reranker.model
        most = len(nodes) if self.top_n is None else self.top_n
        _DISPATCHER.event(
            ReRankStartEvent(query=query_bundle, nodes=nodes, top_n=most, model_name=name)
        )
        payload = {
            EventPayload.NODES: nodes,
            EventPayload.MODEL_NAME: name,
            EventPayload.QUERY_STR: query_bundle.query_str,
            EventPayload.TOP_K: most,
        }
        with self.callback_manager.event(CBEventType.RERANKING, payload=payload) as event:
            ranked = self._ranked(nodes, query_bundle.query_str)
            event.on_end(payload={EventPayload.NODES: ranked})
        _DISPATCHER.event(ReRankEndEvent(nodes=ranked))
        return ranked

    def _ranked(self, nodes: list[NodeWithScore], query: str) -> list[NodeWithScore]:
        texts = [node.node.get_content(metadata_mode=MetadataMode.EMBED) for node in nodes]
        ranking = self._reranker.rank(query, texts, top_k=self.top_n, threshold=self.threshold)
        return [NodeWithScore(node=nodes[found.index].node, score=found.score) for found in ranking]


class JingpaiEmbedding(BaseEmbedding):
    """The vectors of jingpai's `Embedder`, for any index: a first stage that is offline."""

    model_name: str = "intfloat/multilingual-e5-small"

    _embedder: Embedder = PrivateAttr(default_factory=Embedder)

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which it is serialised."""
        return "JingpaiEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._embedder.embed_queries([query])[0].tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.embed_passages(texts).tolist()
        return vectors
