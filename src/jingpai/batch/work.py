"""One shard, from the input to a file that is there as a whole: what every engine runs."""

from __future__ import annotations

import json
import posixpath
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from jingpai.batch.formats.rows import BadRow, RowScores, Window
from jingpai.batch.partitions import partition_of
from jingpai.batch.plan import ending, format_of
from jingpai.batch.scorer import OpenScorer, Scorer, open_scorer
from jingpai.batch.storage import Place
from jingpai.errors import BackendFailed, InvalidInput
from jingpai.version import __version__

if TYPE_CHECKING:
    from jingpai.batch.formats.shard import Shard
    from jingpai.batch.settings import BatchSettings

SHARDS, TEMPORARY, ERRORS, MANIFEST = "_shards", "_temporary", "_errors.jsonl", "_manifest.json"
"""What lies beside the parts. Readers of a folder of Parquet pass over such names."""

MOST_ATTEMPTS = 5
"""A shard that kills whoever scores it is given up then."""

ScoredRow: TypeAlias = tuple[int, RowScores]
"""A row of a window, by its index, and its scores."""

RowsDone: TypeAlias = Callable[[int], None]
"""Called with the rows that have been done since the last call."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is the same for all shards of a job; travels to other machines.

    Attributes:
        input: Address of the input.
        output: Address of the output folder.
        format: Of the files.
        settings: With the columns as the input has them.
        fingerprint: Of the model.
        ran_on: What the shards that are done ran on; empty where none is.
        open_scorer: Loads the model.
    """

    input: str
    output: str
    format: str
    settings: BatchSettings
    fingerprint: str
    ran_on: str = ""
    open_scorer: OpenScorer = open_scorer

    def load(self) -> Scorer:
        """Load the model, and check that it is the one the job began with.

        Raises:
            InvalidInput: It is another one, or runs in another way.
            JingpaiError: As `open_scorer` says.
        """
        scorer = self.open_scorer(self.settings)
        fault = ""
        if scorer.engine.fingerprint != self.fingerprint:
            fault = "this machine has other weights under the name of the model than the job's"
        elif self.ran_on and scorer.ran_on != self.ran_on:
            fault = (
                f"the shards that are done ran in {self.ran_on}, and here it is {scorer.ran_on};"
                " give --precision and --device as they were then"
            )
        if fault:
            scorer.close()
            raise InvalidInput(f"model: {fault}.")
        return scorer


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a shard: its manifest.

    Attributes:
        shard: Its number.
        input: Name of the input file, and the stretch of it.
        rows: Rows of the input.
        scored: Of these, written to the output with their scores.
        bad: Of these, told in the errors.
        pairs: Documents that were scored.
        file: Name of the output file, within the output.
        bytes: Its size.
        sha256: Of its content.
        attempts: How often it was begun, as far as that has left a trace.
        seconds: That the last attempt took.
        ran_on: Number format and kind of device.
        jingpai: The release.
    """

    shard: int
    input: Mapping[str, Any]
    rows: int
    scored: int
    bad: int
    pairs: int
    file: str
    bytes: int
    sha256: str
    attempts: int
    seconds: float
    ran_on: str
    jingpai: str = __version__

    def as_json(self) -> dict[str, Any]:
        """Return what the file holds."""
        return asdict(self)


class _Tally:
    """Counts what becomes of the rows of a shard, and keeps the bad ones."""

    def __init__(self) -> None:
        self.bad: list[BadRow] = []
        self.scored = 0
        self.pairs = 0

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self.scored + self.bad_rows

    @property
    def bad_rows(self) -> int:
        """Of these, without a score."""
        return sum(row.rows for row in self.bad)

    def add(self, window: Window[object], results: Sequence[RowScores | str]) -> list[ScoredRow]:
        """Count a window, and return the rows that have scores."""
        scored, bad = list[ScoredRow](), list(window.bad)
        for index, (row, result) in enumerate(zip(window.rows, results, strict=True)):
            if isinstance(result, RowScores):
                scored.append((index, result))
                self.pairs += len(result.scores)
            else:
                bad.append(BadRow(row.position, result))
        self.scored += len(scored)
        self.bad += sorted(bad)
        return scored


class _Steps:
    """Tells of the rows of a window while their batches are done, which may take a minute.

    Attributes:
        told: Rows so far.
    """

    def __init__(self, rows_done: RowsDone, *, rows: int) -> None:
        self._rows_done = rows_done
        self._rows = rows
        self.told = 0

    def __call__(self, done: int, total: int) -> None:
        """Take the share of the window that is done, as `BatchRunner` tells it."""
        rows = self._rows * done // total
        self._rows_done(rows - self.told)
        self.told = rows


def run_shard(
    shard: Shard, work: Work, *, scorer: Scorer, rows_done: RowsDone = lambda _: None
) -> Done:
    """Score a shard, and write its rows, its errors and, last of all, its manifest.

    Args:
        shard: What to score.
        work: What it belongs to.
        scorer: The model.
        rows_done: Told how far it is.

    Raises:
        InvalidInput: The input has changed.
        StorageFailed: A file cannot be read or written.
        BackendFailed: The model cannot be run at all.
    """
    began = time.monotonic()
    output, columns, tally = Place.of(work.output), work.settings.columns, _Tally()
    temporary = output / TEMPORARY / shard.label
    # What is left there is of attempts that were killed.
    attempts = 1 + len(temporary.files())
    temporary.remove_folder()
    if attempts > MOST_ATTEMPTS:
        raise _deadly(shard, attempts - 1)
    temporary.make_folder()
    partition = partition_of(shard.name)
    name = posixpath.join(partition, f"part-{shard.label}{ending(shard.name)}")
    if partition:
        (output / partition).make_folder()
    place = Place(Place.of(work.input).filesystem, shard.path)
    opened = format_of(work.format, work.settings).open(place, shard, columns=columns)
    with opened as source, (output / name).write_whole(by_way_of=temporary) as sink:
        writer = source.writer(sink)
        for window in source.windows():
            before, steps = tally.rows, _Steps(rows_done, rows=len(window.rows))
            results = scorer.score(window.rows, progress=steps)
            writer.write(window.kept, tally.add(window, results))
            rows_done(tally.rows - before - steps.told)
        writer.finish()
    if tally.bad:
        _write_errors(tally.bad, shard, work, by_way_of=temporary)
    done = Done(
        shard=shard.index,
        input={"file": shard.name, **shard.stretch._asdict()},
        rows=tally.rows,
        scored=tally.scored,
        bad=tally.bad_rows,
        pairs=tally.pairs,
        file=name,
        bytes=sink.size,
        sha256=sink.digest.hexdigest(),
        attempts=attempts,
        seconds=round(time.monotonic() - began, 3),
        ran_on=scorer.ran_on,
    )
    (output / SHARDS / f"{shard.label}.json").write_json(done.as_json(), by_way_of=temporary)
    temporary.remove_folder()
    return done


def _deadly(shard: Shard, attempts: int) -> BackendFailed:
    last = shard.stretch.first + shard.stretch.rows - 1
    return BackendFailed(
        f"shard {shard.index}: {attempts} processes were killed while they scored it"
        f" ({shard.name}, from {shard.stretch.first} to about {last}), most likely because the"
        " machine ran out of memory. Give fewer workers, or smaller batches in a new output folder"
        " (--batch-tokens); the same command tries again."
    )


def errors_of(shard: int) -> str:
    """Return the name of the file with the bad rows of a shard, within the output."""
    return f"{SHARDS}/{shard:07d}.errors.jsonl"


def _write_errors(bad: Sequence[BadRow], shard: Shard, work: Work, *, by_way_of: Place) -> None:
    unit = "row" if work.format == "parquet" else "line"
    with (Place.of(work.output) / errors_of(shard.index)).write_whole(by_way_of=by_way_of) as sink:
        for position, reason, rows in bad:
            error: dict[str, str | int] = {"file": shard.name, unit: position.first}
            if position.last != position.first:
                error[f"last_{unit}"] = position.last
            if rows != 1:
                error["rows"] = rows
            sink.write(json.dumps({**error, "reason": reason}).encode() + b"\n")
