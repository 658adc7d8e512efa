"""The call that tutorials for BGE-Reranker-v2-m3 use."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, overload

from jingpai.guards import check_whole
from jingpai.reranker import Reranker

if TYPE_CHECKING:
    from collections.abc import Sequence


class BGEM3Reranker:
    """BGE-Reranker-v2-m3 behind the signature that tutorials give it.

    Example:
        >>> reranker = BGEM3Reranker(model_name="BAAI/bge-reranker-v2-m3")
        >>> scores = reranker.rerank("什么是熊猫?", ["熊猫是中国特有的熊科动物。", "你好"])
    """

    def __init__(
        self,
        model_name: str = "BAAI/bge-reranker-v2-m3",
        use_fp16: bool = True,
        max_length: int = 512,
        batch_size: int = 16,
        device: str | None = None,
    ) -> None:
        """Load the model.

        Args:
            model_name: What `Reranker` takes: a name, a folder, a repository.
            use_fp16: Half precision where the device is a GPU; on a CPU the fast form of the
                model (int8). False means float32 everywhere.
            max_length: Most tokens of query and document together. A longer document is scored
                in passages and takes the best one's score.
            batch_size: Most rows of full length scored at once; shorter rows are scored more at
                a time.
            device: `cuda`, `mps`, `cpu`; None takes the best one that works.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        for name, value in (("max_length", max_length), ("batch_size", batch_size)):
            check_whole(name, value)
        self._reranker = Reranker(
            model_name,
            device=device,
            precision="auto" if use_fp16 else "fp32",
            max_tokens=max_length,
            batch_tokens=batch_size * max_length,
        )

    @overload
    def rerank(self, query: str, docs: Sequence[str]) -> list[float]: ...
    @overload
    def rerank(self, query: list[str], docs: Sequence[Sequence[str]]) -> list[list[float]]: ...
    def rerank(
        self, query: str | list[str], docs: Sequence[str] | Sequence[Sequence[str]]
    ) -> list[float] | list[list[float]]:
        """Return the scores in [0, 1] of the documents in input order.

        With a list of queries, `docs` holds a list of documents for each, and so does the result.

        Raises:
            InvalidInput: An argument is not usable; the message names it and the index.
        """
        if isinstance(query, str):
            return self._reranker.score(query, cast("Sequence[str]", docs))
        return self._reranker.score(query, docs)
