"""The public class: load a model once, rank as often as you like."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, NoReturn, overload

from jingpai.engine.documents import DocumentRows, ScoredDocuments, located
from jingpai.engine.engine import Engine
from jingpai.errors import InvalidInput
from jingpai.guards import check_whole, is_nan, shown
from jingpai.scores.calibration import Calibration
from jingpai.scores.scoring import checked_scale
from jingpai.settings import ModelName, ModelSettings
from jingpai.system.closing import Closing
from jingpai.text.fields import read_all, read_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from jingpai.engine.batch_runner import Progress
    from jingpai.engine.cache import ScoreCache
    from jingpai.text.fields import Candidates
    from jingpai.types import (
        DocumentLike,
        EvidenceSpan,
        LongDocuments,
        LongQueries,
        PrecisionChoice,
        Ranking,
        Scale,
    )


class Reranker(Closing):
    """Ranks documents by how well they answer a query.

    One object may be used from several threads at once. It can be pickled and copied in depth: a
    copy loads the model anew, by its name and settings. Use it as a context manager, or call
    `close`, to give the model's memory back early.

    Example:
        >>> from jingpai import Reranker
        >>> reranker = Reranker()
        >>> ranking = reranker.rank("天空为什么是蓝色的?", ["鱼会游泳。", "蓝光散射得最多。"])
        >>> ranking[0].index
        1
    """

    def __init__(  # noqa: PLR0913 - what a user may set, by name
        self,
        model: str | Path | None = None,
        *,
        device: str | None = None,
        precision: PrecisionChoice = "auto",
        scale: Scale | None = None,
        calibration: Calibration | str | Path | None = None,
        max_tokens: int | None = None,
        long_documents: LongDocuments = "passages",
        clean: bool = True,
        batch_tokens: int | None = None,
        threads: int | None = None,
        instruction: str | None = None,
        layer: int | None = None,
        cache: ScoreCache | None = None,
    ) -> None:
        """Load a model; the first use of a large one downloads and converts it.

        Args:
            model: None for the bundled model, a name from `jingpai models`, a folder, or a
                repository: `org/name`, `org/name@revision`, `modelscope:org/name`.
            device: `cpu`, `cuda`, `cuda:1`, `mps`; None takes the best one that works.
            precision: `fp32`, `fp16`, `bf16` or `int8`. `auto` is int8 on a CPU, fp16 on CUDA; for
                language models fp32 on a CPU, bf16 on CUDA.
            scale: What scores mean: `sigmoid` in [0, 1], the `logit` itself, or `calibrated`. None
                is `sigmoid`, and with a calibration `calibrated`.
            calibration: The file that `jingpai calibrate` has written for this model.
            max_tokens: Most tokens of query and passage together; None is all that the model
                reads, and passages of the length that suits it best.
            long_documents: `passages` scores a document over the limit in overlapping passages
                and gives it the best one's score; `truncate` scores its beginning alone.
            clean: Remove markup, invisible characters and runs of white space before scoring.
            batch_tokens: Most tokens scored at once, padding by its weight; None suits the device.
            threads: CPU threads, within the container's quota; None is one a physical core. Fewer
                than that sleep while they wait for each other: best beside other busy programs.
            instruction: What the model shall look for, for models that read one (Qwen3-Reranker,
                mxbai-rerank-v2); None is what its makers say.
            layer: The last layer to run, for models that may stop before the end
                (bge-reranker-v2-minicpm-layerwise); None is the layer that its makers advise.
            cache: Remembers scores, so that a pair met again is not scored again.

        Raises:
            InvalidInput: A setting is out of its range.
            ModelNotFound: No bundled model, folder or repository has this name.
            ModelFilesInvalid: The model's files are missing, broken or not supported.
            DownloadFailed: The model had to be fetched and could not be.
            DeviceUnavailable: The device cannot be used.
            MissingExtra: The model or the device needs an optional package.
        """
        settings = ModelSettings(
            device=device,
            precision=precision,
            max_tokens=max_tokens,
            long_documents=long_documents,
            clean=clean,
            batch_tokens=batch_tokens,
            threads=threads,
            instruction=instruction,
            layer=layer,
        )
        self._load(model, settings, scale=scale, calibration=calibration, cache=cache)

    @classmethod
    def of(
        cls,
        model: ModelName | None,
        settings: ModelSettings,
        *,
        scale: Scale | None = None,
        calibration: Calibration | str | Path | None = None,
        cache: ScoreCache | None = None,
    ) -> Reranker:
        """Load a model by settings that travel whole; the arguments are those of the class."""
        reranker = cls.__new__(cls)
        reranker._load(  # noqa: SLF001 - of this class
            model, settings, scale=scale, calibration=calibration, cache=cache
        )
        return reranker

    def _load(
        self,
        model: ModelName | None,
        settings: ModelSettings,
        *,
        scale: Scale | None,
        calibration: Calibration | str | Path | None,
        cache: ScoreCache | None,
    ) -> None:
        if calibration is not None and not isinstance(calibration, Calibration):
            calibration = Calibration.load(calibration)
        self._calibration = calibration
        self.scale: Scale = checked_scale(scale, calibration)
        self.engine = Engine.load(model, settings, cache=cache)
        if calibration is not None:
            self.engine.check_calibration(calibration)

    def __repr__(self) -> str:
        return f"Reranker({self.model!r}, device={self.device!r}, precision={self.precision!r})"

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.engine.spec.name

    @property
    def device(self) -> str:
        """Where the model runs: `cpu`, `cuda:0`, `mps`."""
        return self.engine.backend.device

    @property
    def precision(self) -> str:
        """The number format it runs in: `fp32`, `fp16`, `bf16` or `int8`."""
        return self.engine.backend.precision

    def rank(
        self,
        query: str,
        documents: Iterable[DocumentLike],
        *,
        top_k: int | None = None,
        threshold: float | None = None,
        progress: Progress | None = None,
    ) -> Ranking:
        """Return the documents in order of relevance, best first.

        The order is decided on the float32 logit; equals keep the order they came in.

        Args:
            query: What is asked.
            documents: Strings, mappings with the key `text`, or `Document`s.
            top_k: Keep at most so many.
            threshold: Keep those whose score, on this reranker's scale, is at least this.
            progress: Called with (rows done, rows in all) after each batch.

        Raises:
            InvalidInput: An argument is not usable; the message names it and the index.
            BackendFailed: The model gave no number for a document. The scores of the others, in
                input order, are in the error's `scores`; with several queries, a list for each.
        """
        return self.rank_many(
            [query], [documents], top_k=top_k, threshold=threshold, progress=progress
        )[0]

    def rank_many(
        self,
        queries: Sequence[str],
        documents: Iterable[Iterable[DocumentLike]],
        *,
        top_k: int | None = None,
        threshold: float | None = None,
        progress: Progress | None = None,
    ) -> list[Ranking]:
        """Return one ranking a query, `documents[i]` ranked for `queries[i]`.

        All pairs share one plan of batches, which is faster than a call for each query. The other
        arguments and the errors are those of `rank`.
        """
        check_cut(top_k, threshold)
        query_list, lists = read_lists(queries, documents)
        return [
            scored.ranking(
                query,
                given,
                scale=self.scale,
                model=self.model,
                top_k=top_k,
                threshold=threshold,
                calibration=self._calibration,
            )
            for query, given, scored in zip(
                query_list,
                lists,
                self._score_all(read_all(query_list, lists), progress=progress),
                strict=True,
            )
        ]

    @overload
    def score(
        self,
        query: str,
        documents: Iterable[DocumentLike],
        *,
        progress: Progress | None = None,
    ) -> list[float]: ...
    @overload
    def score(
        self,
        query: list[str] | tuple[str, ...],
        documents: Iterable[Iterable[DocumentLike]],
        *,
        progress: Progress | None = None,
    ) -> list[list[float]]: ...
    def score(
        self,
        query: str | list[str] | tuple[str, ...],
        documents: Iterable[DocumentLike] | Iterable[Iterable[DocumentLike]],
        *,
        progress: Progress | None = None,
    ) -> list[float] | list[list[float]]:
        """Return the scores of documents in input order, as plain floats.

        With a list of queries, `documents` holds a list of documents for each, and so does the
        result. Arguments and errors are those of `rank`.
        """
        if isinstance(query, str):
            candidates = read_all(*read_lists([query], [documents]))
            return self.score_read(candidates, progress=progress)[0]
        return self.score_read(read_all(*read_lists(query, documents)), progress=progress)

    def evidence(
        self, query: str, documents: Iterable[DocumentLike], *, progress: Progress | None = None
    ) -> list[tuple[EvidenceSpan, ...]]:
        """Return for each document, in input order, which of its sentences answer: best first.

        With a model that does not say so, unlike the bundled one, it is an `InvalidInput`.
        Sentences that were cut off are left out. Arguments and other errors are those of `rank`.

        Example:
            >>> best, *others = reranker.evidence(query, [text])[0]
            >>> text[best.start : best.end]
        """
        (candidates,) = read_all(*read_lists([query], [documents]))
        encoded = self.engine.encode(candidates)
        rows = DocumentRows(encoded)
        scored, logits = self.engine.score_with_evidence(rows.rows, progress=progress)
        said = rows.join(*scored)
        if said.errors:
            self._fail([ScoredDocuments(encoded, said)])
        of_documents = zip(encoded, rows.split(logits), strict=True)
        return [self.engine.evidence_spans(*document) for document in of_documents]

    def score_read(
        self,
        candidates: Sequence[Candidates],
        *,
        progress: Progress | None = None,
        long_queries: LongQueries = "refuse",
    ) -> list[list[float]]:
        """Return the scores of what is read and checked already, in input order.

        For whoever reads queries and documents in forms of its own; errors are those of `rank`.

        Args:
            candidates: Queries, each with its documents.
            progress: As for `rank`.
            long_queries: Whether long queries may be cut, as other libraries cut them.
        """
        scored = self._score_all(candidates, progress=progress, long_queries=long_queries)
        return [self._scores(documents) for documents in scored]

    def close(self) -> None:
        """Give the model's memory back; the object cannot be used any more."""
        self.engine.close()

    def _scores(self, scored: ScoredDocuments) -> list[float]:
        return scored.scores(self.scale, calibration=self._calibration)

    def _score_all(
        self,
        candidates: Sequence[Candidates],
        *,
        progress: Progress | None,
        long_queries: LongQueries = "refuse",
    ) -> list[ScoredDocuments]:
        """Score every list of documents, all in one plan of batches."""
        encoded = [self.engine.encode(asked, long_queries=long_queries) for asked in candidates]
        flat = DocumentRows([document for documents in encoded for document in documents])
        said = flat.join(*self.engine.score(flat.rows, progress=progress))
        parts = said.parts([len(documents) for documents in encoded])
        scored = [ScoredDocuments(*both) for both in zip(encoded, parts, strict=True)]
        if said.errors:
            self._fail(scored)
        return scored

    def _fail(self, scored: list[ScoredDocuments]) -> NoReturn:
        """Raise the first document's error, with the scores of the documents that have one."""
        query = next(place for place, documents in enumerate(scored) if documents.said.errors)
        document, reason = min(scored[query].said.errors.items())
        where = f"documents[{document}]" if len(scored) == 1 else f"documents[{query}][{document}]"
        error = located(reason, where=where)
        scores = [
            [None if math.isnan(score) else score for score in self._scores(documents)]
            for documents in scored
        ]
        error.scores = scores[0] if len(scores) == 1 else scores
        raise error from reason


def check_cut(top_k: int | None, threshold: float | None) -> None:
    """Check what a ranking is to be cut to.

    Raises:
        InvalidInput: Either is out of its range.
    """
    check_whole("top_k", top_k, optional=True)
    if threshold is not None and (not isinstance(threshold, Real) or is_nan(threshold)):
        raise InvalidInput(f"threshold: got {shown(threshold)}; allowed are None and numbers.")
