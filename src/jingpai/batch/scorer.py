"""Rows in, scores or reasons out: what is wrong with a row stays with that row."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, TypeAlias

from jingpai.batch.formats.rows import Row, RowScores
from jingpai.batch.settings import batch_tokens_on
from jingpai.engine.documents import DocumentRows
from jingpai.engine.engine import Engine
from jingpai.errors import InvalidInput, ModelNotFound
from jingpai.models.resolve import is_local
from jingpai.scores import scoring
from jingpai.system.closing import Closing
from jingpai.system.folders import exists
from jingpai.text.fields import read_candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jingpai.batch.settings import BatchSettings
    from jingpai.engine.batch_runner import Progress
    from jingpai.engine.documents import DocumentLogits
    from jingpai.engine.pair_encoder import EncodedDocument
    from jingpai.scores.calibration import Calibration
    from jingpai.types import Scale

OpenScorer: TypeAlias = "Callable[[BatchSettings], Scorer]"
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
        usable = [documents for documents in encoded if not isinstance(documents, str)]
        flat = DocumentRows([document for documents in usable for document in documents])
        said = flat.join(*self.engine.score(flat.rows, progress=progress))
        parts = said.parts([len(documents) for documents in usable])
        return [
            documents if isinstance(documents, str) else self._scores(documents, next(parts))
            for documents in encoded
        ]

    def _encode(self, row: Row) -> list[EncodedDocument] | str:
        try:
            return self.engine.encode(read_candidates(row.query, row.documents))
        except InvalidInput as error:
            return str(error)

    def _scores(
        self, documents: Sequence[EncodedDocument], said: DocumentLogits
    ) -> RowScores | str:
        """Return the scores of a row, or why it has none."""
        if said.errors:
            return str(said.errors[min(said.errors)])
        ranks = [0] * len(documents)
        for rank, index in enumerate(scoring.order(said.logits), start=1):
            ranks[index] = rank
        spans = [document.spans[best] for document, best in zip(documents, said.best, strict=True)]
        scores = scoring.to_scale(said.logits, self._scale, calibration=self._calibration)
        return RowScores(scores, ranks, spans)

    def close(self) -> None:
        """Give the model's memory back."""
        self.engine.close()


def open_scorer(settings: BatchSettings) -> Scorer:
    """Load the model of a job; nothing is downloaded.

    Raises:
        ModelNotFound: The model is not on this machine.
        JingpaiError: As `Reranker` says.
    """
    model = settings.model
    # A folder that lacks files is told apart by loading it.
    is_folder = model is not None and exists(model)
    if not is_folder and not is_local(model):
        raise ModelNotFound(
            f"{model} is not on this machine ({socket.gethostname()}), and a job downloads nothing"
            f" by itself. Fetch it there with `jingpai pull {model}`, or name a folder that every"
            " machine sees."
        )
    scale = scoring.checked_scale(settings.scale, settings.calibration)
    engine = Engine.load(model, settings, default_batch_tokens=batch_tokens_on)
    if settings.calibration is not None:
        engine.check_calibration(settings.calibration)
    return Scorer(engine, scale=scale, calibration=settings.calibration)
