"""Rows in, scores or reasons out: what is wrong with a row stays with that row."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from jingpai.batch.formats.rows import Row, RowScores
from jingpai.errors import InvalidInput, ModelNotFound
from jingpai.models.resolve import is_local
from jingpai.reranker import Reranker
from jingpai.scores import scoring
from jingpai.system.closing import Closing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jingpai.batch.settings import Settings
    from jingpai.engine.batch_runner import Progress
    from jingpai.engine.engine import Engine, ScoredRows
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.scores.calibration import Calibration
    from jingpai.types import Scale, Span

OpenScorer: TypeAlias = "Callable[[Settings], Scorer]"
"""Loads the model, in the process that is to run it."""


class Scorer(Closing):
    """Scores windows with one loaded model."""

    def __init__(
        self,
        engine: Engine,
        *,
        scale: Scale = "sigmoid",
        calibration: Calibration | None = None,
    ) -> None:
        """Take over a model.

        Args:
            engine: It is closed with the scorer.
            scale: What scores mean.
            calibration: For calibrated scores.
        """
        self.engine = engine
        self._scale: Scale = scale
        self._calibration = calibration

    @property
    def ran_on(self) -> str:
        """In which number format on which kind of device: what scores may differ by."""
        backend = self.engine.backend
        return f"{backend.precision} on {backend.device.partition(':')[0]}"

    def score(
        self, rows: Sequence[Row], *, progress: Progress | None = None
    ) -> list[RowScores | str]:
        """Return the scores of each row, or why it has none.

        Args:
            rows: Of one window.
            progress: Told how far it is, in whatever the model counts.

        Raises:
            BackendFailed: The model cannot be run at all.
        """
        encoded = [self._encode(row) for row in rows]
        documents = [one for some in encoded if not isinstance(some, str) for one in some]
        token_rows = [row for one in documents for row in one.rows]
        scored = self.engine.score(token_rows, progress=progress)
        told = _Told.of(documents, scored, scale=self._scale, calibration=self._calibration)
        results, first = list[RowScores | str](), 0
        for some in encoded:
            if isinstance(some, str):
                results.append(some)
            else:
                results.append(told.row(first, first + len(some)))
                first += len(some)
        return results

    def _encode(self, row: Row) -> list[EncodedDocument] | str:
        try:
            return self.engine.encode(row.query, row.documents)
        except InvalidInput as error:
            return str(error)

    def close(self) -> None:
        """Give the model's memory back."""
        self.engine.close()


class _Told(NamedTuple):
    """What the model says of the documents of a window, one value each.

    Attributes:
        logits: NaN where there is none.
        scores: On the scale that is asked for.
        spans: The passages that won.
        errors: Why a document has no logit.
    """

    logits: NDArray[np.float32]
    scores: list[float]
    spans: list[Span]
    errors: dict[int, str]

    @classmethod
    def of(
        cls,
        documents: Sequence[EncodedDocument],
        scored: ScoredRows,
        *,
        scale: Scale,
        calibration: Calibration | None,
    ) -> _Told:
        """Take the best row of each document."""
        sizes = [len(one.rows) for one in documents]
        best, logits = scoring.best_passages(scored.logits, sizes)
        owners = np.repeat(np.arange(len(sizes)), sizes)
        return cls(
            logits,
            scoring.to_scale(logits, scale, calibration=calibration),
            [one.spans[index] for one, index in zip(documents, best, strict=True)],
            # The first reason of each document stands.
            {int(owners[row]): str(scored.errors[row]) for row in sorted(scored.errors)[::-1]},
        )

    def row(self, first: int, last: int) -> RowScores | str:
        """Return the scores of a row with these documents, or why it has none."""
        for document in range(first, last) if self.errors else ():
            if document in self.errors:
                return self.errors[document]
        ranks = [0] * (last - first)
        for rank, index in enumerate(scoring.order(self.logits[first:last]), start=1):
            ranks[index] = rank
        return RowScores(self.scores[first:last], ranks, self.spans[first:last])


def open_scorer(settings: Settings) -> Scorer:
    """Load the model of a job; nothing is downloaded.

    Raises:
        ModelNotFound: The model is not on this machine.
        JingpaiError: As `Reranker` says.
    """
    model = settings.model
    # A folder that lacks files is told apart by loading it.
    is_folder = model is not None and Path(model).expanduser().exists()
    if not is_folder and not is_local(model):
        raise ModelNotFound(
            f"{model} is not on this machine ({socket.gethostname()}), and a job downloads nothing"
            f" by itself. Fetch it there with `jingpai pull {model}`, or name a folder that every"
            " machine sees."
        )
    reranker = Reranker(
        model,
        device=settings.device,
        precision=settings.precision,
        scale=settings.scale,
        calibration=settings.calibration,
        max_tokens=settings.max_tokens,
        long_documents=settings.long_documents,
        clean=settings.clean,
        instruction=settings.instruction,
        threads=settings.threads,
    )
    engine = reranker.engine
    engine.set_batch_tokens(settings.batch_tokens_on(reranker.device))
    return Scorer(engine, scale=reranker.scale, calibration=settings.calibration)
