"""The calls of sentence-transformers' `CrossEncoder`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from jingpai.compat.keywords import read_keywords, renamed, without_effect
from jingpai.compat.originals import find_model, precision_of, saved_scale
from jingpai.compat.pairs import read_one_or_many, read_pairs, score_pairs
from jingpai.errors import InvalidInput
from jingpai.extras import missing_extra
from jingpai.guards import check_whole, shown
from jingpai.reranker import Reranker
from jingpai.scores.scoring import to_scale
from jingpai.text.fields import read_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    import torch
    from numpy.typing import NDArray

    from jingpai.types import LongDocuments, LongQueries, PrecisionChoice

    Activation: TypeAlias = Callable[[torch.Tensor], torch.Tensor]
    Scores: TypeAlias = NDArray[np.float32] | np.float32 | torch.Tensor | list[torch.Tensor]


class CrossEncoder:
    """Code written for `sentence_transformers.CrossEncoder` runs with its import changed.

    Scores are those of the original: float32, on its scale, and of a pair over the limit the longer
    text is cut. `precision="auto"` is faster on a CPU, `long_documents="passages"` and `clean=True`
    are how a `Reranker` reads documents, and long queries.

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
        cache_folder: str | Path | None = None,
        trust_remote_code: bool = False,
        revision: str | None = None,
        local_files_only: bool = False,
        token: bool | str | None = None,
        model_kwargs: Mapping[str, Any] | None = None,
        processor_kwargs: Mapping[str, Any] | None = None,
        config_kwargs: Mapping[str, Any] | None = None,
        backend: Literal["torch", "onnx", "openvino"] = "torch",
        num_labels: int | None = None,
        max_length: int | None = None,
        activation_fn: Activation | None = None,
        precision: PrecisionChoice | None = None,
        long_documents: LongDocuments = "truncate",
        clean: bool = False,
        automodel_args: Mapping[str, Any] | None = None,
        tokenizer_args: Mapping[str, Any] | None = None,
        tokenizer_kwargs: Mapping[str, Any] | None = None,
        config_args: Mapping[str, Any] | None = None,
        cache_dir: str | Path | None = None,
        default_activation_function: Activation | None = None,
    ) -> None:
        """Load the model.

        Args:
            model_name_or_path: What `Reranker` takes: a name, a folder, a repository.
            device: `cuda`, `mps`, `cpu`; None takes the best one that works.
            cache_folder: Where repositories are looked for and fetched to; None is the cache that
                all programs share.
            trust_remote_code: Means nothing here: no code of a repository is ever run.
            revision: Branch, tag or commit of a repository; a folder has none.
            local_files_only: Whether nothing may be fetched.
            token: Means nothing here: the hub's client reads HF_TOKEN and what `hf auth login` has
                saved.
            model_kwargs: `torch_dtype` is `precision`, and `device_map` a device. What changes no
                score, such as `attn_implementation`, is passed over, and all else refused.
            processor_kwargs: `model_max_length` is `max_length`; the same holds of all else.
            config_kwargs: `num_labels`; the same holds of all else.
            backend: Means nothing here: the model's files and the device decide it.
            num_labels: None or 1; models with more labels rank nothing.
            max_length: Most tokens of a pair; None is all that the model reads, and more is no
                more.
            activation_fn: From logits to scores, both tensors; needs PyTorch. None is the one that
                the model was saved with, or else the logistic.
            precision: As for `Reranker`; None is `fp32`, or what the model's graph has.
            long_documents: As for `Reranker`.
            clean: As for `Reranker`.
            automodel_args: The old name of `model_kwargs`.
            tokenizer_args: The oldest name of `processor_kwargs`.
            tokenizer_kwargs: The old name of `processor_kwargs`.
            config_args: The old name of `config_kwargs`.
            cache_dir: The old name of `cache_folder`.
            default_activation_function: The old name of `activation_fn`.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        for old, of in ((tokenizer_args, "tokenizer_args"), (tokenizer_kwargs, "tokenizer_kwargs")):
            processor_kwargs = renamed(processor_kwargs, old, names=("processor_kwargs", of))
        said = read_keywords(
            renamed(model_kwargs, automodel_args, names=("model_kwargs", "automodel_args")),
            tokenizer=processor_kwargs,
            config=renamed(config_kwargs, config_args, names=("config_kwargs", "config_args")),
        )
        labels = said.num_labels if num_labels is None else num_labels
        if labels not in (None, 1):
            raise InvalidInput(f"num_labels: got {shown(labels)}; allowed are None and 1.")
        limit = said.max_length if max_length is None else max_length
        check_whole("max_length", limit, optional=True)
        kept_in = renamed(cache_folder, cache_dir, names=("cache_folder", "cache_dir"))
        name, resolved = find_model(
            model_name_or_path,
            revision=revision,
            cache_folder=cast("str | Path | None", kept_in),
            local_files_only=local_files_only,
        )
        activate = renamed(
            activation_fn,
            default_activation_function,
            names=("activation_fn", "default_activation_function"),
        )
        self._activation_fn = activate
        self._scale = saved_scale(resolved.folder) if activate is None else "logit"
        # The original cuts the longer of the two; a reranker that splits documents does not.
        self._long_queries: LongQueries = "share" if long_documents == "truncate" else "refuse"
        self._reranker = Reranker(
            name,
            device=said.device or device,
            precision=precision_of(resolved, precision, said.precision),
            scale="logit",
            max_tokens=None if limit is None else min(limit, resolved.spec.max_tokens),
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
        inputs: Sequence[Sequence[str]] | Sequence[str] | NDArray[np.str_] | None = None,
        *,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Activation | None = None,
        apply_softmax: bool | None = False,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        sentences: Sequence[Sequence[str]] | Sequence[str] | NDArray[np.str_] | None = None,
        activation_fct: Activation | None = None,
        num_workers: int | None = None,
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
            sentences: The old name of `inputs`.
            activation_fct: The old name of `activation_fn`.
            num_workers: Means nothing here, nor in the original any more.

        Raises:
            InvalidInput: Something is no pair of strings; the message names its index.
            MissingExtra: Tensors are asked for, and PyTorch is not installed.
            BackendFailed: The model gave no number for a pair.
        """
        without_effect(names=("num_workers",), given=(num_workers,))
        activate = renamed(activation_fn, activation_fct, names=("activation_fn", "activation_fct"))
        given = renamed(inputs, sentences, names=("inputs", "sentences"))
        is_one, pairs = read_one_or_many(given, name="inputs")
        scores = self._scores(pairs, activation_fn=activate).astype(np.float32)
        if convert_to_tensor or not convert_to_numpy:
            tensor: torch.Tensor = _torch("convert_to_tensor").from_numpy(scores)
            if is_one:
                return tensor[0]
            return tensor if convert_to_tensor else list(tensor)
        return scores[0] if is_one else scores

    def rank(  # noqa: PLR0913 - the original's, by name
        self,
        query: str,
        documents: Iterable[str],
        top_k: int | None = None,
        return_documents: bool = False,
        *,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        activation_fn: Activation | None = None,
        activation_fct: Activation | None = None,
        num_workers: int | None = None,
        apply_softmax: bool | None = None,
        convert_to_numpy: bool | None = None,
        convert_to_tensor: bool | None = None,
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
            activation_fct: The old name of `activation_fn`.
            num_workers: Means nothing here, nor in the original any more, like those that follow.
            apply_softmax: There is one label.
            convert_to_numpy: Scores are plain floats.
            convert_to_tensor: Scores are plain floats.

        Raises:
            InvalidInput: Something is no string; the message names its index.
            BackendFailed: The model gave no number for a document.
        """
        without_effect(
            names=("num_workers", "apply_softmax", "convert_to_numpy", "convert_to_tensor"),
            given=(num_workers, apply_softmax, convert_to_numpy, convert_to_tensor),
        )
        activate = renamed(activation_fn, activation_fct, names=("activation_fn", "activation_fct"))
        check_whole("top_k", top_k, least=0, optional=True)
        texts = read_list(documents, name="documents")
        pairs = read_pairs(
            [(query, text) for text in texts], name="documents", takes_empty_queries=True
        )
        scores: list[float] = self._scores(pairs, activation_fn=activate).tolist()
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
        answers = score_pairs(self._reranker, pairs, long_queries=self._long_queries)
        logits = np.array(answers, dtype=np.float32)
        activate = activation_fn or self._activation_fn
        if activate is None:
            return np.array(to_scale(logits, self._scale))
        column = _torch("activation_fn").from_numpy(logits[:, None])
        activated: NDArray[np.float32] = activate(column).numpy()
        return activated[:, 0]


def _torch(needed_for: str) -> ModuleType:
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise missing_extra("torch", what=needed_for, packages="PyTorch", error=error) from error
