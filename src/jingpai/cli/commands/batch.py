"""`jingpai batch`: scores for the rows of files, in this process or on Ray."""

import sys
import time
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from jingpai.cli.fetching import fetch_if_missing
from jingpai.cli.options import (
    CalibrationOption,
    EncodingOption,
    JsonOption,
    ModelOption,
    ScaleOption,
)
from jingpai.cli.settings import takes_settings
from jingpai.cli.terminal.batch_progress import job_progress
from jingpai.cli.terminal.console import results, show_warning, write_json
from jingpai.errors import InvalidInput
from jingpai.language.speech import say
from jingpai.settings import ModelSettings

if TYPE_CHECKING:
    from jingpai.batch.job import Executor, JobOutcome
    from jingpai.batch.settings import BatchSettings

WITH_BAD_ROWS = 3
"""Exit code of a job that is done, but for rows that could not be scored."""


@takes_settings()
def batch(  # noqa: PLR0913 - every parameter is an option of the command
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A file, a folder or a pattern in quotes ('logs/*.parquet'): .parquet, .jsonl,"
            " .ndjson, .csv, .tsv, the text also with .gz; or an address such as s3://bucket/pairs.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str,
        typer.Argument(
            metavar="OUTPUT",
            help="A new folder, or that of an interrupted job, which then goes on.",
            show_default=False,
        ),
    ],
    *,
    query_column: Annotated[
        str,
        typer.Option(
            "--query-column",
            metavar="NAME",
            help="Column or key of the queries (query).",
            show_default=False,
        ),
    ] = "query",
    document_column: Annotated[
        str | None,
        typer.Option(
            "--document-column",
            metavar="NAME",
            help="Column or key of the documents, one a row (document).",
            show_default=False,
        ),
    ] = None,
    documents_column: Annotated[
        str | None,
        typer.Option(
            "--documents-column",
            metavar="NAME",
            help="Column or key of lists of documents (documents, where there is no document).",
            show_default=False,
        ),
    ] = None,
    title_column: Annotated[
        str | None,
        typer.Option(
            "--title-column",
            metavar="NAME",
            help="Column or key of titles, read in front of the document; none without it.",
            show_default=False,
        ),
    ] = None,
    prefix: Annotated[
        str,
        typer.Option(
            metavar="TEXT",
            help="Put before the names of the new columns.",
            show_default=False,
        ),
    ] = "",
    encoding: EncodingOption = None,
    model: ModelOption = None,
    settings: ModelSettings,
    scale: ScaleOption = None,
    calibration: CalibrationOption = None,
    shard_rows: Annotated[
        int | None,
        typer.Option(
            "--shard-rows",
            metavar="N",
            help="Most rows of an output file (10000): what is lost when a process is killed.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(
            metavar="NAME",
            help="local: in this process; ray: in worker processes, of one thread each unless"
            " --threads says otherwise, on a cluster with --address.",
            show_default=False,
        ),
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            help="On Ray: copies of the model; one a GPU, or all that the cores allow, without it.",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="On Ray: a cluster to join, such as auto or 10.0.0.1:6379; without it Ray is"
            " started on this computer.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score files of pairs, or of queries with lists of documents; goes on where it stopped."""
    from jingpai.batch.settings import SHARD_ROWS, BatchSettings, Columns
    from jingpai.scores.calibration import Calibration
    from jingpai.system.threads import run_as

    run_as("batch")
    chosen = _engine(engine, address=address, workers=workers)
    job = BatchSettings(
        **settings.by_name(),
        columns=Columns(query_column, document_column, documents_column, title_column, prefix),
        encoding=encoding,
        shard_rows=SHARD_ROWS if shard_rows is None else shard_rows,
        model=model,
        scale=scale,
        calibration=None if calibration is None else Calibration.load(calibration),
    )
    fetch_if_missing(model)
    start = time.monotonic()
    outcome = _run(source, output, settings=job, engine=chosen)
    seconds = time.monotonic() - start
    if as_json:
        write_json(
            {
                "output": output,
                "seconds": round(seconds, 3),
                "done_before": outcome.done_before,
                "errors": outcome.errors,
                **outcome.totals.as_json(),
            }
        )
    else:
        _show(outcome, output, seconds=seconds)
    if outcome.errors is not None:
        raise typer.Exit(WITH_BAD_ROWS)


def _engine(name: str, *, address: str | None, workers: int | None) -> "Executor":
    from jingpai.batch.job import LocalExecutor

    if name == "ray":
        from jingpai.distributed.batch import RayExecutor

        return RayExecutor(address=address, workers=workers)
    for option, value in (("--address", address), ("--workers", workers)):
        if value is not None:
            text = say("{option} is for Ray; add --engine ray")
            raise InvalidInput(text.format(option=option))
    return LocalExecutor()


def _run(
    source: str, output: str, *, settings: "BatchSettings", engine: "Executor"
) -> "JobOutcome":
    from jingpai.batch.job import run_batch

    # What Ray says of machines that die, it says on stdout, which is for results.
    with job_progress() as told, redirect_stdout(sys.stderr):
        try:
            return run_batch(
                source,
                output,
                settings=settings,
                engine=engine,
                planning=told.planning,
                progress=told.scoring,
            )
        except KeyboardInterrupt:
            show_warning(say("what is done is kept; run the same command again to go on"))
            raise


def _show(outcome: "JobOutcome", output: str, *, seconds: float) -> None:
    totals, console = outcome.totals, results()
    line = say(
        "{output}: {scored} of {rows} rows, {pairs} pairs · {shards} files in {seconds:.0f} s"
    )
    console.print(
        line.format(
            output=output,
            scored=totals.scored,
            rows=totals.rows,
            pairs=totals.pairs,
            shards=totals.shards,
            seconds=seconds,
        ),
        soft_wrap=True,
    )
    if outcome.done_before:
        line = say("{count} of the files were there from before")
        console.print(line.format(count=outcome.done_before))
    if outcome.errors is not None:
        line = say("{count} rows have no score; {file} says which and why")
        show_warning(line.format(count=totals.bad, file=outcome.errors))
