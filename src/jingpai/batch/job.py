"""A job from beginning to end: plan, resume, run, sum up."""

from __future__ import annotations

import posixpath
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from jingpai.batch.manifest import Manifest, Totals, gather_errors
from jingpai.batch.plan import make_plan
from jingpai.batch.scorer import OpenScorer, open_scorer
from jingpai.batch.storage import Place, absolute
from jingpai.batch.work import ERRORS, TEMPORARY, Done, RowsDone, Work, run_shard
from jingpai.engine.identity import fingerprint_of
from jingpai.errors import InvalidInput, JingpaiError
from jingpai.system.folders import exists, expanded

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from jingpai.batch.formats.shard import Shard
    from jingpai.batch.plan import Planning
    from jingpai.batch.settings import BatchSettings
    from jingpai.engine.batch_runner import Progress


class Executor(Protocol):
    """What runs the shards of a job."""

    @property
    def name(self) -> str:
        """How the manifest calls it."""

    def run(self, work: Work, shards: Sequence[Shard], *, rows_done: RowsDone) -> Generator[Done]:
        """Run shards, and yield each when it is done, in any order.

        Raises:
            JingpaiError: The job cannot go on.
        """


class LocalExecutor:
    """One model in this process, one shard after the other."""

    name = "local"

    def run(self, work: Work, shards: Sequence[Shard], *, rows_done: RowsDone) -> Generator[Done]:
        """Run shards; see `Executor`."""
        with work.load() as scorer:
            for shard in shards:
                yield run_shard(shard, work, scorer=scorer, rows_done=rows_done)


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a job came to.

    Attributes:
        totals: Of all shards, those of earlier runs included.
        done_before: Shards that earlier runs had done.
        errors: Address of the file with the bad rows; None where there is none.
    """

    totals: Totals
    done_before: int
    errors: str | None


def run_batch(
    input_address: str,
    output_address: str,
    *,
    settings: BatchSettings,
    engine: Executor | None = None,
    open_model: OpenScorer = open_scorer,
    planning: Planning | None = None,
    progress: Progress | None = None,
) -> JobOutcome:
    """Score the rows of files into a folder; a second call goes on where the first one stopped.

    Args:
        input_address: A file, a folder or a pattern, of Parquet, JSON lines or CSV.
        output_address: A folder, new or of the same job.
        settings: How.
        engine: Where; in this process without it.
        open_model: Loads the model where it is to run.
        planning: Told how far the first look at the input is, in bytes.
        progress: Told how far the scoring is, in rows.

    Raises:
        InvalidInput: An argument or the input cannot be used, or the folder holds another job.
        StorageFailed: A file cannot be read or written.
        JingpaiError: The model cannot be loaded or run.
    """
    engine = engine or LocalExecutor()
    _check_apart(input_address, output_address)
    plan = make_plan(input_address, settings, progress=planning)
    work = Work(
        input=absolute(input_address),
        output=absolute(output_address),
        format=plan.format,
        settings=replace(settings, columns=plan.columns, model=_absolute_model(settings.model)),
        fingerprint=fingerprint_of(settings.model, settings),
        open_scorer=open_model,
    )
    manifest, totals, done = Manifest.begin(work, plan, engine=engine.name)
    run = _Run(totals, all_rows=plan.rows, progress=progress)
    left = [shard for shard in plan.shards if shard.index not in done]
    try:
        if left:
            ran_on = next(iter(totals.ran_on), "")
            work = replace(work, ran_on=ran_on)
            with closing(engine.run(work, left, rows_done=run.count)) as shards:
                for shard_done in shards:
                    totals.add(shard_done)
        output = Place.of(output_address)
        if totals.with_errors:
            gather_errors(output, totals.with_errors, name=ERRORS)
        manifest.end("finished", totals)
        (output / TEMPORARY).remove_folder()
    except BaseException as error:
        # A full disk may not take this either; the error that is under way says more.
        with suppress(JingpaiError):
            manifest.end(_outcome(error), totals)
        raise
    errors = posixpath.join(output_address, ERRORS) if totals.with_errors else None
    return JobOutcome(totals, done_before=len(done), errors=errors)


class _Run:
    """Passes on how far a run is."""

    def __init__(self, totals: Totals, *, all_rows: int, progress: Progress | None) -> None:
        self._rows = totals.rows
        self._all_rows = all_rows
        self._progress = progress
        self.count(0)

    def count(self, rows: int) -> None:
        """Count rows that are done."""
        self._rows += rows
        if self._progress is not None:
            self._progress(self._rows, self._all_rows)


def _absolute_model(model: str | None) -> str | None:
    """Return a model's name, or the full path of its folder."""
    is_folder = model is not None and exists(model) and expanded(model).is_dir()
    return absolute(model) if model is not None and is_folder else model


def _outcome(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"{type(error).__name__}: {error}"


def _check_apart(input_address: str, output_address: str) -> None:
    """Refuse an output that lies within the input: a second run would read it.

    Raises:
        InvalidInput: It does.
    """
    source, output = Place.of(input_address), Place.of(output_address)
    same_kind = source.filesystem.type_name == output.filesystem.type_name
    if same_kind and f"{output.path}/".startswith(f"{source.path}/"):
        raise InvalidInput(
            f"{output_address}: the output lies within the input; name a folder beside it."
        )
