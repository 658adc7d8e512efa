"""MTEB: a cross-encoder for its reranking tasks; needs the extra `mteb`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jingpai.compat.pairs import read_pairs, score_pairs
from jingpai.extras import needing
from jingpai.reranker import Reranker

with needing("mteb", what="jingpai.integrations.mteb", packages="mteb"):
    from mteb.models import ModelMeta

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mteb.abstasks.task_metadata import TaskMetadata
    from mteb.types import BatchedInput, PromptType
    from numpy.typing import NDArray


class JingpaiCrossEncoder:
    """A reranker as `mteb.evaluate` takes it.

    Example:
        >>> model = JingpaiCrossEncoder(Reranker("BAAI/bge-reranker-v2-m3"))
        >>> mteb.evaluate(model, mteb.get_tasks(["T2Reranking"]))
    """

    def __init__(self, reranker: Reranker | None = None) -> None:
        """Take over a reranker, or load the bundled model."""
        self.reranker = reranker or Reranker()

    @property
    def mteb_model_meta(self) -> ModelMeta:
        """What MTEB files the results under: the model's name, its revision and its precision."""
        spec = self.reranker.engine.spec
        return ModelMeta.create_empty(
            overwrites={
                "name": spec.name if "/" in spec.name else f"jingpai/{spec.name}",
                # int8 and float32 do not score alike, so their results must not share a name.
                "revision": f"{spec.revision}-{self.reranker.precision}",
                "max_tokens": spec.max_tokens,
                "n_parameters": spec.parameters,
                "model_type": ["cross-encoder"],
            }
        )

    def predict(
        self,
        inputs1: Iterable[BatchedInput],
        inputs2: Iterable[BatchedInput],
        *,
        task_metadata: TaskMetadata | None = None,
        hf_split: str = "",
        hf_subset: str = "",
        prompt_type: PromptType | None = None,
        batch_size: int | None = None,
        show_progress_bar: bool | None = None,
    ) -> NDArray[np.float64]:
        """Return one score for each query of `inputs1` and the document beside it in `inputs2`.

        Args:
            inputs1: Batches of queries.
            inputs2: Batches of documents, as many.
            task_metadata: Means nothing here, like all that follow: a pair is a pair.
            hf_split: The split of the task.
            hf_subset: The subset of the task.
            prompt_type: What the inputs are.
            batch_size: Pairs are batched by tokens, as many as suit the device.
            show_progress_bar: No bar is shown.

        Raises:
            InvalidInput: A pair cannot be used; the message names its index.
            BackendFailed: The model gave no number for a pair.
        """
        queries = [text for batch in inputs1 for text in batch["text"]]
        documents = [text for batch in inputs2 for text in batch["text"]]
        pairs = read_pairs(zip(queries, documents, strict=True), name="inputs")
        return np.array(score_pairs(self.reranker, pairs))
