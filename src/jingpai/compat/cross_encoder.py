"""The calls of sentence-transformers' `CrossEncoder`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from jingpai.compat.originals import exact_precision, saved_scale
from jingpai.compat.pairs import read_pairs, score_pairs
from jingpai.errors import InvalidInput
from jingpai.extras import missing_extra
from jingpai.models.resolve import resolve
from jingpai.reranker import Reranker
from jingpai.scores.scoring import to_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from types import ModuleType

    import torch
    from numpy.typing import NDArray

    from jingpai.types import LongDocuments, PrecisionChoice

    Activation: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
    Scores: TypeAlias = NDArray[np.float32] | np.float32 | torch.Tensor | list[torch.Tensor]


class CrossEncoder:
    """Code written for `sentence_transformers.CrossEncoder` runs with its import changed.

    Scores are those of the original: float32, on its scale, and a text over the limit is cut.
    `precision="auto"` is faster on a CPU, `long_documents="passages"` and `clean=True` are how a
    `Reranker` reads documents.

    Example:
        >>> from jingpai.compat import CrossEncoder
        >>> model = CrossEncoder("jingpai-small")
        >>> ranks = model.rank("天空为什么是蓝色的?", ["鱼会游泳。", "蓝光散射得最多。"])
        >>> ranks[0]["corpus_id"]
        1
    """

    def __init__(  # noqa: PLR0913 - the original's, by name
        self,
        model_name_or_path: str | Path,
        *,
        device: str | None = None,
        revision: str | None = None,
        trust_remote_code: bool = False,
        backend: Literal["torch", "onnx", "openvino"] = "torch",
        num_labels: int | None = None,
        max_length: int | None = None,
        activation_fn: Activation | None = None,
        precision: PrecisionChoice | None = None,
        long_documents: LongDocuments = "truncate",
        clean: bool = False,
    ) -> None:
        """Load the model.

        Args:
            model_name_or_path: What `Reranker` takes: a name, a folder, a repository.
            device: `cuda`, `mps`, `cpu`; None takes the best one that works.
            revision: Branch, tag or commit of a repository.
            trust_remote_code: Means nothing here: no code of a repository is ever run.
            backend: Means nothing here: the model's files and the device decide it.
            num_labels: None or 1; models with more labels rank nothing.
            max_length: Most tokens of a pair; None is all that the model reads.
            activation_fn: From logits to scores, both tensors; needs PyTorch. None is the one that
                the model was saved with, or else the logistic.
            precision: As for `Reranker`; None is `fp32`, or what the model's graph has.
            long_documents: As for `Reranker`.
            clean: As for `Reranker`.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        if num_labels not in (None, 1):
            raise InvalidInput(f"num_labels: got {num_labels!r}; allowed are None and 1.")
        name = model_name_or_path if revision is None else f"{model_name_or_path}@{revision}"
        folder = resolve(name).folder
        self._activation_fn = activation_fn
        self._scale = saved_scale(folder) if activation_fn is None else "logit"
        self._reranker = Reranker(
            name,
            device=device,
            precision=exact_precision(folder) if precision is None else precision,
            scale="logit",
            max_tokens=max_length,
            long_documents=long_documents,
            clean=clean,
        )
        spec = self._reranker.engine.spec
        if spec.head == "two_class" and not spec.answers:
            self._reranker.close()
            raise InvalidInput(
                f"model_name_or_path: {spec.name} has two labels, and the original gives two scores"
                " a pair, of which none is a rank. jingpai.Reranker ranks with such models."
            )

    def predict(
        self,
        inputs: Sequence[Sequence[str]] | Sequence[str] | NDArray[np.str_],
        *,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Activation | None = None,
        apply_softmax: bool | None = False,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
    ) -> Scores:
        """Return the scores of pairs in input order; of a single pair, its score.

        Args:
            inputs: Pairs [query, document], or a single one.
            batch_size: Means nothing here: pairs are batched by tokens, as many as suit the device.
            show_progress_bar: Means nothing here: no bar is shown.
            activation_fn: In place of the model's.
            apply_softmax: Means nothing here, nor in the original where there is one label.
            convert_to_numpy: Whether scores are a float32 array; False is a list of tensors.
            convert_to_tensor: Whether they are a tensor on the CPU; comes before the other.

        Raises:
            InvalidInput: Something is no pair of strings; the message names its index.
            MissingExtra: Tensors are asked for, and PyTorch is not installed.
            BackendFailed: The model gave no number for a pair.
        """
        is_one = _is_one(inputs)
        pairs = read_pairs([inputs] if is_one else inputs, name="inputs")
        scores = self._scores(pairs, activation_fn=activation_fn).astype(np.float32)
        if convert_to_tensor or not convert_to_numpy:
            tensor: torch.Tensor = _torch("convert_to_tensor").from_numpy(scores)
            if is_one:
                return tensor[0]
            return tensor if convert_to_tensor else list(tensor)
        return scores[0] if is_one else scores

    def rank(
        self,
        query: str,
        documents: Iterable[str],
        top_k: int | None = None,
        return_documents: bool = False,
        *,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Activation | None = None,
    ) -> list[dict[str, int | float | str]]:
        """Return the documents in order of relevance, best first; equals as they came in.

        Each is a dictionary with its position as `corpus_id`, its `score` and, where documents are
        to be returned, its `text`.

        Args:
            query: What is asked.
            documents: Strings.
            top_k: Keep at most so many.
            return_documents: Whether texts are returned.
            batch_size: Means nothing here, as in `predict`.
            show_progress_bar: Means nothing here: no bar is shown.
            activation_fn: In place of the model's.

        Raises:
            InvalidInput: Something is no string; the message names its index.
            BackendFailed: The model gave no number for a document.
        """
        texts = list(documents)
        pairs = read_pairs([(query, text) for text in texts], name="documents")
        scores: list[float] = self._scores(pairs, activation_fn=activation_fn).tolist()
        order = sorted(range(len(texts)), key=lambda index: -scores[index])
        return [
            {"corpus_id": index, "score": scores[index]}
            | ({"text": texts[index]} if return_documents else {})
            for index in order[:top_k]
        ]

    def _scores(
        self, pairs: Sequence[tuple[str, str]], *, activation_fn: Activation | None
    ) -> NDArray[np.float64] | NDArray[np.float32]:
        """Return one score a pair, behind an activation or on the model's scale."""
        logits = np.array(score_pairs(self._reranker, pairs), dtype=np.float32)
        activate = activation_fn or self._activation_fn
        if activate is None:
            return np.array(to_scale(logits, self._scale))
        column = _torch("activation_fn").from_numpy(logits[:, None])
        activated: NDArray[np.float32] = activate(column).numpy()
        return activated[:, 0]


def _is_one(inputs: Sequence[Sequence[str]] | Sequence[str] | NDArray[np.str_]) -> bool:
    """Return whether inputs are a single pair, as the original tells it from a list of them."""
    if isinstance(inputs, np.ndarray):
        return inputs.ndim == 1 and inputs.size > 0
    return len(inputs) > 0 and isinstance(inputs[0], str)


def _torch(needed_for: str) -> ModuleType:
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise missing_extra("torch", what=needed_for, packages="PyTorch", error=error) from error
