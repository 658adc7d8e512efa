"""What a benchmark found: settings, cells of the grid, ceiling; and all of it as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.bench.ceiling import Ceiling
    from jingpai.bench.measure import Timing

SCHEMA = 1
"""Rises with every change of the JSON form that a reader of the old one would not survive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings(ModelSettings):
    """What is measured, and how the model is loaded.

    Attributes:
        model: As for `Reranker`.
        documents: Documents of a request; each value is measured with each of the others.
        tokens: Tokens of a row, query, prompt and special tokens included.
        concurrency: Threads that send requests.
        seconds: Of each cell of the grid.
    """

    model: str | None = None
    documents: tuple[int, ...] = (20,)
    tokens: tuple[int, ...] = (128,)
    concurrency: tuple[int, ...] = (1,)
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of documents, tokens and concurrency.

    Attributes:
        documents: Of a request.
        tokens: That a row was to have.
        row_tokens: That it had, on average.
        concurrency: Threads that sent requests.
        timing: Of the requests.
        operations_per_pair: On average, padding not counted.
        peak_memory_bytes: The most that the process had up to the end of this cell; None where the
            system does not say.
    """

    documents: int
    tokens: int
    row_tokens: float
    concurrency: int
    timing: Timing
    operations_per_pair: float
    peak_memory_bytes: int | None

    @property
    def pairs_per_second(self) -> float:
        """Over all threads."""
        return len(self.timing.latencies_s) * self.documents / self.timing.seconds

    @property
    def operations_per_second(self) -> float:
        """Over all threads."""
        return self.operations_per_pair * self.pairs_per_second


@dataclass(frozen=True, slots=True)
class Report:
    """A whole benchmark.

    Attributes:
        date: When it began, ISO 8601, UTC.
        model: Name of the model.
        device: Where it ran.
        precision: The number format that it ran in.
        settings: What was asked for.
        machine: What it ran on.
        versions: Of Python and of packages.
        load_seconds: From the name of the model to one that is ready.
        loaded_memory_bytes: Of the process, with the model loaded; None where the system does not
            say.
        ceiling: The fastest matrix product; None where Ctrl-C came before it was measured.
        cells: In the order in which they were measured.
        is_interrupted: Whether Ctrl-C ended it early.
    """

    date: str
    model: str
    device: str
    precision: str
    settings: BenchSettings
    machine: dict[str, str | int | float | None]
    versions: dict[str, str | None]
    load_seconds: float
    loaded_memory_bytes: int | None
    ceiling: Ceiling | None
    cells: tuple[Cell, ...]
    is_interrupted: bool

    def share(self, cell: Cell) -> float | None:
        """Return which part of the ceiling a cell reached, or None without a ceiling."""
        if self.ceiling is None:
            return None
        return cell.operations_per_second / self.ceiling.operations_per_second

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON holds it."""
        return {
            "schema": SCHEMA,
            "date": self.date,
            "model": self.model,
            "device": self.device,
            "precision": self.precision,
            "settings": asdict(self.settings),
            "machine": self.machine,
            "versions": self.versions,
            "load_seconds": round(self.load_seconds, 3),
            "loaded_memory_bytes": self.loaded_memory_bytes,
            "ceiling": None if self.ceiling is None else self.ceiling._asdict(),
            "cells": [self._cell_as_json(cell) for cell in self.cells],
            "interrupted": self.is_interrupted,
        }

    def _cell_as_json(self, cell: Cell) -> dict[str, Any]:
        share = self.share(cell)
        timing = cell.timing
        return {
            "documents": cell.documents,
            "tokens": cell.tokens,
            "row_tokens": round(cell.row_tokens, 1),
            "concurrency": cell.concurrency,
            "requests": len(timing.latencies_s),
            "seconds": round(timing.seconds, 3),
            "pairs_per_second": round(cell.pairs_per_second, 3),
            "latency_ms": {
                f"p{percent}": round(1000 * timing.latency_s(percent), 3)
                for percent in (50, 90, 99, 100)
            },
            "operations_per_pair": round(cell.operations_per_pair),
            "operations_per_second": round(cell.operations_per_second),
            "share_of_ceiling": None if share is None else round(share, 4),
            "peak_memory_bytes": cell.peak_memory_bytes,
        }
