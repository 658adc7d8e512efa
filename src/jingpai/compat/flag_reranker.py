"""The call of FlagEmbedding's `FlagReranker`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from jingpai.compat.originals import exact_precision, find_model
from jingpai.compat.pairs import read_one_or_many, score_pairs
from jingpai.errors import InvalidInput
from jingpai.guards import check_whole, shown
from jingpai.models.resolve import lasting_name
from jingpai.reranker import Reranker
from jingpai.scores.scoring import to_scale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jingpai.types import LongDocuments, LongQueries


class FlagReranker:
    """Code written for `FlagEmbedding.FlagReranker` runs with its import changed.

    Scores are those of the original: logits, and a query or a passage over its limit is cut.
    `long_documents="passages"` and `clean=True` are how a `Reranker` reads documents.

    Example:
        >>> from jingpai.compat import FlagReranker
        >>> reranker = FlagReranker("BAAI/bge-reranker-v2-m3", use_fp16=True)
        >>> scores = reranker.compute_score([["what is panda?", "hi"]], normalize=True)
    """

    def __init__(  # noqa: PLR0913 - the original's, by name
        self,
        model_name_or_path: str | Path,
        use_fp16: bool = False,
        *,
        trust_remote_code: bool = False,
        cache_dir: str | Path | None = None,
        devices: str | int | list[str] | list[int] | None = None,
        batch_size: int = 128,
        query_max_length: int | None = None,
        max_length: int = 512,
        normalize: bool = False,
        long_documents: LongDocuments = "truncate",
        clean: bool = False,
    ) -> None:
        """Find the model, and fetch it if need be; the first call loads it.

        Args:
            model_name_or_path: What `Reranker` takes: a name, a folder, a repository.
            use_fp16: Half precision where the device is a GPU; on a CPU the fast form of the
                model (int8). False is float32, or what the model's graph has.
            trust_remote_code: Means nothing here: no code of a repository is ever run.
            cache_dir: Where repositories are looked for and fetched to; None is the cache that all
                programs share.
            devices: One device: `cuda:0`, `mps`, `cpu`, or the number of a GPU; None takes the best
                one that works.
            batch_size: Means nothing here: pairs are batched by tokens, as many as suit the device.
            query_max_length: Most tokens of a query; None is three quarters of `max_length`.
            max_length: Most tokens of a pair. Where the model reads fewer, that many: pairs that
                fit are scored as by the original, which fails on all others.
            normalize: Whether scores are the logistic of the logits.
            long_documents: As for `Reranker`.
            clean: As for `Reranker`.

        Raises:
            JingpaiError: As `Reranker` says.
        """
        check_whole("max_length", max_length)
        check_whole("query_max_length", query_max_length, optional=True)
        name, resolved = find_model(model_name_or_path, cache_folder=cache_dir)
        self._model = lasting_name(name)
        self._model_limit = resolved.spec.max_tokens
        self._precision = "auto" if use_fp16 else exact_precision(resolved.folder)
        self._device = _one_device(devices)
        self._max_length = max_length
        self._query_max_length = query_max_length
        self._normalize = normalize
        self._long_documents = long_documents
        self._clean = clean
        self._rerankers: dict[int, Reranker] = {}
        self._loading = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Travel by the settings: a copy loads the model at its first call, as this one did."""
        return {**self.__dict__, "_rerankers": {}, "_loading": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._loading = threading.Lock()

    def compute_score(
        self,
        sentence_pairs: Sequence[Sequence[str]] | Sequence[str],
        *,
        batch_size: int | None = None,
        query_max_length: int | None = None,
        max_length: int | None = None,
        normalize: bool | None = None,
    ) -> list[float]:
        """Return the scores of pairs in input order; of a single pair, a list with its score.

        Args:
            sentence_pairs: Pairs [query, passage], or a single one.
            batch_size: Means nothing here, as for the class.
            query_max_length: In place of that of the class.
            max_length: In place of that of the class. Each other length loads the model again.
            normalize: In place of that of the class.

        Raises:
            JingpaiError: As `Reranker` says, when the model is loaded.
            InvalidInput: Something is no pair of strings; the message names its index.
            BackendFailed: The model gave no number for a pair.
        """
        _, pairs = read_one_or_many(sentence_pairs, name="sentence_pairs")
        limit = self._max_length if max_length is None else max_length
        query_limit = self._query_max_length if query_max_length is None else query_max_length
        check_whole("max_length", limit)
        check_whole("query_max_length", query_limit, optional=True)
        reranker = self._reranker(min(limit, self._model_limit))
        long_queries = self._long_queries(limit, query_limit=query_limit)
        scores = score_pairs(reranker, pairs, long_queries=long_queries)
        logits = np.array(scores, dtype=np.float32)
        is_normal = self._normalize if normalize is None else normalize
        return to_scale(logits, "sigmoid" if is_normal else "logit")

    def _long_queries(self, max_length: int, *, query_limit: int | None) -> LongQueries:
        """Return where a query is cut."""
        if query_limit is not None:
            return query_limit
        # Three quarters of more than the model reads may be all of it, and leave no passage.
        return "share" if max_length > self._model_limit else max_length * 3 // 4

    def _reranker(self, max_length: int) -> Reranker:
        """Return the model with a limit, loaded when it is first asked for."""
        with self._loading:
            if max_length not in self._rerankers:
                self._rerankers[max_length] = Reranker(
                    self._model,
                    device=self._device,
                    precision=self._precision,
                    scale="logit",
                    max_tokens=max_length,
                    long_documents=self._long_documents,
                    clean=self._clean,
                )
            return self._rerankers[max_length]


def _one_device(devices: str | int | list[str] | list[int] | None) -> str | None:
    """Return the device that is meant.

    Raises:
        InvalidInput: Several are.
    """
    if isinstance(devices, list):
        if len(devices) != 1:
            raise InvalidInput(
                f"devices: got {shown(devices)}, but a model runs on one; run one process a GPU."
            )
        return _one_device(devices[0])
    return f"cuda:{devices}" if isinstance(devices, int) else devices
