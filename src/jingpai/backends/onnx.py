"""ONNX Runtime on the CPU: runs the graphs that `jingpai.backends.graph` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from jingpai.backends.base import LogitsAndEvidence
from jingpai.backends.exact_products import has_exact_int8_products
from jingpai.backends.graph.conversion import EVIDENCE, LOGITS, PRECISION_KEY
from jingpai.backends.graph.products import (
    ACTIVATION_RANGE,
    ACTIVATION_ZERO_POINT,
    NARROW_ACTIVATIONS,
    WIDE_ACTIVATIONS,
)
from jingpai.backends.session import ORT_ERRORS, Session, is_out_of_memory
from jingpai.errors import BackendFailed, ModelFilesInvalid, OutOfMemory
from jingpai.files.model_folder import ENCODER_GRAPH, GRAPH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from jingpai.backends.base import Batch
    from jingpai.types import Precision


class OnnxGraph:
    """Runs one graph on the CPU, also after a fork."""

    def __init__(self, path: Path, *, output: str, threads: int | None = None) -> None:
        """Open a graph.

        Args:
            path: As written by `jingpai.backends.graph`; its weights lie beside it.
            output: Which of its outputs is asked for.
            threads: Threads of one batch; None for one per physical core.

        Raises:
            ModelFilesInvalid: There is no graph, or not one that jingpai wrote.
            OutOfMemory: The weights do not fit into memory.
        """
        self._path = path
        self._output = output
        try:
            self._session = Session(path, threads=threads)
        except ORT_ERRORS as error:
            if is_out_of_memory(error):
                raise OutOfMemory(f"{path} does not fit into memory: {error}") from error
            raise ModelFilesInvalid(f"{path} cannot be opened: {error}") from error
        if PRECISION_KEY not in self._session.metadata:
            raise ModelFilesInvalid(
                f"{path} was not written by jingpai; give the folder of the checkpoint that it was "
                "made from, or its name on the hub."
            )
        self._precision = cast("Precision", self._session.metadata[PRECISION_KEY])
        takes_settings = ACTIVATION_RANGE in self._session.settings
        self._settings = _activation_settings() if takes_settings else {}

    @property
    def device(self) -> str:
        """Always the CPU."""
        return "cpu"

    @property
    def precision(self) -> Precision:
        """What the graph was written in."""
        return self._precision

    @property
    def padding_weight(self) -> float:
        """As much as text, though in a packed graph it takes part in attention alone.

        Padding costs up to half of a token of text there, and a CPU is no faster with a full batch
        than with 128 tokens, so mixed lengths only cost time: benchmarks/server/mixed_lengths.py.
        """
        return 1.0

    def has_output(self, name: str) -> bool:
        """Whether the graph has an output of this name."""
        return name in self._session.outputs

    def run(self, batch: Batch) -> NDArray[np.float32]:
        """Return what the graph says of each row, float32 [n, ...]; errors as for `results`."""
        return self.results(batch, outputs=[self._output])[0]

    def results(self, batch: Batch, *, outputs: Sequence[str]) -> list[NDArray[np.float32]]:
        """Return several outputs of one run of the graph, float32 [n, ...] each.

        Raises:
            OutOfMemory: There is no memory for this batch; a smaller one may still fit.
            BackendFailed: The graph cannot be run, or is closed.
        """
        if self._session.is_closed:
            raise BackendFailed(f"The backend of {self._path.parent} is closed; open it again.")
        feed: dict[str, NDArray[Any]] = {
            "input_ids": batch.input_ids,
            "lengths": batch.lengths,
            "query_lengths": batch.query_lengths,
            **self._settings,
        }
        try:
            return self._session.results(outputs, feed)
        except ORT_ERRORS as error:
            rows, length = batch.input_ids.shape
            kind = OutOfMemory if is_out_of_memory(error) else BackendFailed
            raise kind(f"ONNX Runtime failed on {rows} rows of {length} tokens: {error}") from error

    def close(self) -> None:
        """Give the memory back; batches that run in other threads still finish."""
        self._session.close()


class OnnxBackend(OnnxGraph):
    """Runs the graph of a cross-encoder: a `Backend`."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Open `folder/model.onnx`; arguments and errors are those of `OnnxGraph`."""
        super().__init__(folder / GRAPH, output=LOGITS, threads=threads)

    def logits(self, batch: Batch) -> NDArray[np.float32]:
        """Return the logits of a batch, float32 [n, k]; errors are those of `run`."""
        return self.run(batch)

    @property
    def has_evidence(self) -> bool:
        """Whether the graph was written with an evidence head."""
        return self.has_output(EVIDENCE)

    def logits_and_evidence(self, batch: Batch) -> LogitsAndEvidence:
        """Return logits and evidence of one run; see `EvidenceBackend`."""
        return LogitsAndEvidence(*self.results(batch, outputs=[LOGITS, EVIDENCE]))


class OnnxEncoder(OnnxGraph):
    """Runs the graph of a text encoder, whose rows hold one text each."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """Open `folder/encoder.onnx`; arguments and errors are those of `OnnxGraph`."""
        super().__init__(folder / ENCODER_GRAPH, output="vectors", threads=threads)

    def vectors(self, batch: Batch) -> NDArray[np.float32]:
        """Return a vector of unit length a row, float32 [n, hidden]; errors are those of `run`."""
        return self.run(batch)


def _activation_settings() -> dict[str, NDArray[Any]]:
    settings = WIDE_ACTIVATIONS if has_exact_int8_products() else NARROW_ACTIVATIONS
    return {
        ACTIVATION_RANGE: np.array(settings[ACTIVATION_RANGE], np.float32),
        ACTIVATION_ZERO_POINT: np.array(settings[ACTIVATION_ZERO_POINT], np.uint8),
    }
